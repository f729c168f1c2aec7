## Scanning

scan-open = Scan
scan-title = Scan
scan-field = Scan or type a code
scan-go = Read
scan-hint = A scanner works on every page, wherever the cursor is. A code can also be typed: a number below bars, the code of an item or a shelf, a batch.
scan-many = Go on scanning
scan-beep = Beep
scan-undo = Undo
scan-gtin = Article number (GTIN)
scan-manufactured = Made on
scan-serial = Serial number
scan-count = Articles in the box
scan-no-batches = No batch of it is in stock.
scan-open-item = Open the item
scan-open-location = Show what is there
scan-words = Not a code that is known here
scan-correct = Not this item?
scan-correct-title = Which item is it?
scan-unsure = How is this label to be read?
scan-unsure-text = The scanner may have left out a separator. Compare with the box and choose.
scan-no-article = The label names no article. Scan the code with the article number.
scan-teach = Choose the item once; from then on this store knows the number, on all its devices.
scan-pack = Units in this box
scan-pack-hint = For example 100 for a box of 100 tablets. Empty if it varies.
scan-which-item = Which item is it? Type its name or code
scan-ask-keeper = Ask somebody who may change stock to say which item this is.
scan-forget = Forget this number
scan-learned = Numbers this store has learned
scan-search-learned = Search numbers and items
scan-learned-empty = Nothing learned yet
scan-learned-empty-text = The first time a box is scanned, choose its item; the store remembers it.
scan-warning-unknown-article = This article number is not known yet
scan-warning-batch-not-here = This batch is not in stock here
scan-warning-expired = Expired
scan-warning-expiry-differs = The label says another expiry than the records
scan-warning-on-hold = On hold
scan-warning-item-inactive = This item is no longer received
toast-learned = The store has learned this number
toast-forgotten = The number is forgotten
key-scan = Scan
what-barcode = barcode

problem-gs1-check-digit = The code was read badly: its check digit is wrong
advice-gs1-check-digit = Scan again, or type the number below the bars.
problem-gs1-unknown-identifier = The label has a part ({ $code }) that the standard does not know
advice-gs1-unknown-identifier = Scan again. If it stays so, type the batch and the expiry by hand.
problem-gs1-bad-date = The label says a day that does not exist ({ $code })
advice-gs1-bad-date = Read the day on the box and type it by hand.
problem-gs1-bad-value = A part of the label ({ $code }) cannot be right
advice-gs1-bad-value = Scan again. If it stays so, type it by hand.
problem-gs1-truncated = The label ends too early ({ $code })
advice-gs1-truncated = Scan again, with the whole symbol in view.
problem-gs1-duplicate = The label says two different things for ({ $code })
advice-gs1-duplicate = Read the box and type the batch and the expiry by hand.

## Labels

labels-title = Labels
labels-text = Labels for shelves and batches, read back by any scanner.
labels-kind = Kind of label
labels-shelves = Shelves
labels-batches = Batches
labels-which-shelves = Which shelves
labels-no-locations = No shelves yet
labels-no-locations-text = Name the places of the store first; then print a label for each.
labels-choose = Choose
labels-more = The first { $n } are shown. Search for others.
labels-show = Show the labels
labels-print-title = Labels to print
labels-print-hint = Print at 100 %, without margins or headers of the browser.
labels-choose-others = Choose others
labels-none = No label chosen
labels-none-text = Tick at least one line.
labels-count = { $n ->
    [one] 1 label
   *[other] { $n } labels
}
label-size = Paper
label-size-sheet = A4, 3 × 8 (70 × 37 mm)
label-size-roll = Roll, 62 mm wide
label-copies = Copies of each
label-skip = Labels used up already
label-skip-hint = On a sheet that was begun: how many are gone.
label-pack = Pack: { $units } { $unit }
detail-at-most-n-labels = At most { $first } labels at a time
