## Stocktakes

nav-stocktakes = Stocktakes
new-stocktake = New stocktake
stocktakes-empty = No stocktake yet
stocktakes-empty-text = Count the shelves from time to time: what differs is corrected with a reason, and work goes on meanwhile.
stocktake-counting = Counting
stocktake-finalised = Finalised
stocktake-cancelled = Given up
stocktake-full = Everything in stock
stocktake-blank = Begun blank
stocktake-of-location = Location { $code }
stocktake-expiring = Expiring until { $day }
stocktake-what = What is counted
stocktake-part-full = Everything in stock
stocktake-part-location = A location
stocktake-part-expiring = What expires soon
stocktake-part-item = One item
stocktake-part-blank = Nothing yet, I add lines
stocktake-choose-location = Choose a location
stocktake-expiring-until = Expiring until
stocktake-expiring-hint = For a stocktake of what expires soon.
stocktake-item = Item
stocktake-item-hint = Name or code, for a stocktake of one item.
stocktake-description-hint = Today’s date if left empty.
stocktake-blind = Hide the expected quantity from those who count
stocktake-include-empty = Batches that are used up on paper as well
stocktake-initial = The store’s first stocktake: differences need no reason
stocktake-held = Counting is on hold.
sheet-order = Order of the lines
order-item = By item
order-location = By location, then item
begin-counting = Begin counting
description = Description
begun = Begun
counted = Counted
expected = Expected
difference = Difference
differences = Differences
no-difference = No difference
counted-of = { $counted } / { $lines }
counted-of-lines = { $counted } of { $lines } lines counted
late-counts = Late counts
counts-differ-chip =
    { $n ->
        [one] { $n } line counted differently
       *[other] { $n } lines counted differently
    }
counted-twice-chip = Counted on two devices
keep-count = Keep { $quantity }
moved-meanwhile = Moved meanwhile
counted-in = Before I counted
not-counted-in = After I counted
or-recount = or count again
late-apply = Apply this count
late-aside = Put aside
strike-line = Take this line off the sheet
pack-of = pack of { $n }
count-sheet = Count sheet
add-line = Add a line
add-line-text = Choose the item; then a batch that is on paper, or one you found on the shelf.
review = Review
review-finalise = Review and finalise
review-title = { $number }: what it comes to
back-to-sheet = Back to the sheet
release-hold = Go on counting
hold-stocktake = Put on hold
cancel-stocktake = Give up
cancel-stocktake-sure = Give up stocktake { $number }? It adjusts nothing; what was counted can still be read.
show-differences = Show the differences ({ $n })
show-all-lines = Show all lines
show-all-differences = Show all differences
search-count = Item, code or batch
count-part-uncounted = To count
count-part-counted = Counted
count-part-differing = Differences
count-part-doubtful = To decide
count-part-unexplained = Without a reason
count-part-late = Late
all-counted = Everything is counted
all-counted-text = Look at the differences and finalise.
sheet-empty = No line yet
sheet-empty-text = Add what you count.
nothing-found-in-sheet = No line of this sheet matches. It may be in another part, or not on the sheet yet.
will-drop-out = Not counted: drop out
finalise = Finalise
finalise-text = Stock is adjusted by the differences shown. What moved after a count adds on top. Lines that nobody counted drop out.
accept-latest =
    { $n ->
        [one] { $n } line was counted differently on two devices: take the latest count
       *[other] { $n } lines were counted differently on two devices: take the latest counts
    }
decide-line-by-line = Or decide line by line
no-differences = No differences
no-differences-text = What was counted is what is on paper.
with-quantities = With expected quantities
without-quantities = Without (blind)
batches-on-paper = Batches on paper
batch-found = A batch found on the shelf
no-batches-here = This store has no batch of the item on paper.
count-this = Count
add-and-count = Add with this count
pack-size-hint = Units per pack; { $n } if left empty.
movement-count-in = Stocktake, found
movement-count-out = Stocktake, missing
task-counts-differ = Counted differently
task-counts-differ-text = Two devices counted the same lines differently. Decide which count is right, or count again.
task-late-counts = Late counts
task-late-counts-text = Counts arrived after the stocktake was finalised. They have changed nothing yet: apply them or put them aside.
task-counted-twice = Adjusted twice
task-counted-twice-text = Two stocktakes adjusted this batch without knowing of each other. Count it again.
settle-counts-differ = Decide
settle-late-counts = Decide
settle-counted-twice = Look at the movements
toast-stocktake-begun = Stocktake { $value } begun
toast-stocktake-finalised = Stocktake { $value } finalised
toast-stocktake-cancelled = Stocktake { $value } given up
toast-line-added = Line added
problem-stale-count = Counted meanwhile: { $counted }
advice-stale-count = Choose which count stands.
problem-counts-differ =
    { $lines ->
        [one] A line was counted differently on two devices
       *[other] { $lines } lines were counted differently on two devices
    }
advice-counts-differ = Decide line by line, or take the latest counts.
problem-nothing-counted = Nothing has been counted yet
advice-nothing-counted = Count at least one line first.
problem-not-arrived = A part of this stocktake has not arrived on this device yet
advice-not-arrived = It comes with the next synchronisation. What you count meanwhile is kept.
problem-batch-exists = This batch is on paper already
advice-batch-exists = Choose it from the list above and count it there.
problem-too-many-lines = That would be { $found } lines; a stocktake has { $max } at most
advice-too-many-lines = Choose a part of the store: a location, or what expires soon.
detail-no-item-of-the-store-is-called-so = No item of this store is called so
detail-the-store-has-finalised-a-stocktake-already = The store has finalised a stocktake already
detail-this-reason-does-not-explain-such-a-change = This reason does not explain such a change
detail-which-lines = Choose at least one line
more-left-than-counted = More left than was counted
count-again = Count this line again.
problem-below-zero = More has left since than was counted (line { $line })
advice-below-zero = Count the line again, or say that what left was counted in.
