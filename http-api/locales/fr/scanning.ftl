## Scanning
