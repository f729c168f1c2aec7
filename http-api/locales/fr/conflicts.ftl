## Conflicting values and history
