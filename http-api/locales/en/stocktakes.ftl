## Stocktakes
