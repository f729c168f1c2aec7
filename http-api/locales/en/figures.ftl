## Figures: consumption, months of stock, alerts
