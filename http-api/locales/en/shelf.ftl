## Shelves: locations, batches and what is done to them
