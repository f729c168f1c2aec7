## Shelves: locations, batches and what is done to them

nav-locations = Locations
nav-programmes = Programmes
location-type = Kept at
location-kind-ambient = Room temperature
location-kind-cold = +2 to +8 °C
location-kind-frozen = −25 to −15 °C
location-kind-ultra-cold = −80 to −60 °C
new-location = New location
locations-empty = No location yet
locations-empty-text = Write down your rooms, shelves and refrigerators: then everybody finds what lies where.
within = Stands in
held-from-above = Held: what it stands in is on hold
volume-used = Room taken
volume-of = { $used } of { $room } l
volume-unmeasured =
    { $n ->
        [one] { $n } batch of unknown size
       *[other] { $n } batches of unknown size
    }
volume-litres = Volume (litres)
volume-hint = How much fits in. Leave it empty if nobody has measured it.
what-lies-here = What lies here
choose-some = Choose some
location-empty = Nothing lies here
location-empty-text = What is put here appears in this list.
move-everything-to = Put everything that lies here in
move-everything =
    { $n ->
        [one] Move { $n } batch
       *[other] Move { $n } batches
    }
toast-location-held = The location is on hold, with all that stands in it
toast-location-released = The location may be used again

## What is chosen in a list

choose-batch = Choose
choose-all = Choose all on this page
with-chosen = With what is chosen:
to-location = To location
move = Move
moved-lines =
    { $n ->
        [one] { $n } batch moved to { $place }
       *[other] { $n } batches moved to { $place }
    }
moved-stayed =
    { $n ->
        [one] { $n } was there already.
       *[other] { $n } were there already.
    }
held-lines =
    { $n ->
        [one] { $n } batch is on hold
       *[other] { $n } batches are on hold
    }
released-lines =
    { $n ->
        [one] { $n } batch may be used again
       *[other] { $n } batches may be used again
    }
held-already =
    { $n ->
        [one] { $n } was so already.
       *[other] { $n } were so already.
    }
hold-free = Free
undo = Undo
back-to-list = Back to the list
nothing-was-changed = Nothing was changed
toast-put-back = { $value } back where they were
more-filters = More filters
expires-from = Expires from
expires-until = Expires until
apply = Apply
clear-filters = Without filters

## One batch

packs = Packs
packs-of = { $n } × { $size }
vvm = VVM
vvm-stage1 = Stage 1 · use
vvm-stage2 = Stage 2 · use first
vvm-stage3 = Stage 3 · do not use
vvm-stage4 = Stage 4 · do not use
made-on = Made on
variant = Variant
programme = Programme
cost-price = Cost of a pack
sell-price = Price of a pack
no-batch-number = No batch number
no-location = no location
no-other-location = There is no other location. Make one first.
on-the-shelf = On the shelf
log-placed = Put in { $place }
log-moved = From { $from } to { $to }
released = Released
seen-at = seen
no-moves = Nothing has happened yet
no-moves-text = Moves, holds and vial monitors appear here, with who and when.
vvm-look = Look at the vial monitor
vvm-shows = What it shows
vvm-record = Record
toast-moved = The batch is in its new place
toast-vvm = The vial monitor is recorded
open-batch = Open a batch
open-batch-choose = Which item is it?
open-batch-confirm = Open the batch
open-batch-note = For what was on the shelf before anybody wrote it down. What arrives is received.
quantity-in = Quantity ({ $unit })
pack-size-default = { $size } if you leave it empty
toast-batch-opened = The batch is open

## Repacking

repack = Repack or split
repack-title = Repack or split a batch
repacks = Repacks
repack-quantity = How much ({ $unit })
repack-pack-size = New units/pack
repack-pack-size-hint = Now { $size }. Leave it empty to split the batch over two places.
repack-into = Into
a-new-line = A new stock line
repack-outcome-empty = Type a quantity to see what comes out.
repack-comes-out = Comes out
repack-stays = Stays
repack-too-much = Only { $available } available
repack-confirm = Repack
repack-show = Show what comes out
toast-repacked = { $value } is recorded
repacks-empty = Nothing has been repacked
repacks-empty-text = Open a batch in the stock list to pack it anew or to split it over two places.
split-of = split, packs of { $size }
repack-from-to = packs of { $from } → packs of { $to }
repack-left = Taken from
repack-came = Put in

## Programmes, variants, types of locations

programmes-text = Lists of items that belong together, and the stores that see them
programmes-empty = No programme yet
programmes-empty-text = Programmes are made on the central server and reach every site by themselves.
new-programme = New programme
immunisation = Immunisation
seen-by = Seen by
seen-by-hint = Nothing ticked: all stores see it.
stores-count =
    { $n ->
        [one] { $n } store
       *[other] { $n } stores
    }
add-items = Add items
is-listed = In the list
take-out = Take out
programme-no-items = No items yet
programme-no-items-text = Items are added on the central server.
variants = Variants
variants-empty = No variants
variants-empty-text = A variant says who makes an item, how it is packed and how much room a pack takes.
new-variant = New variant
kept-at = Kept at
boxes = Boxes
boxes-hint = Leave a box empty if there is none of its kind.
box-primary = Smallest box
box-secondary = Box of boxes
box-tertiary = Outer box
gtin = Barcode number (GTIN)
location-types = Types of locations
location-types-text = At what temperature places keep things
location-types-empty = No types yet
new-location-type = New type
temperatures = Temperatures
temperature-min = Coldest (°C)
temperature-max = Warmest (°C)

## Words of documents and answers

movement-repack-out = Repack, taken
movement-repack-in = Repack, made
what-location-type = type of locations
what-item-variant = variant
what-programme = programme
what-repack = repack
field-parent = Stands in
field-location-type = Kept at
field-volume = Volume (litres)
field-min = Coldest (°C)
field-max = Warmest (°C)
field-variant = Variant
field-programme = Programme
field-vvm-at = Vial monitor seen
field-vvm-note = Note on the vial monitor
field-vvm-type = Type of vial monitor
field-primary = Smallest box
field-secondary = Box of boxes
field-tertiary = Outer box
field-units = Units per pack
field-gtin = Barcode number
field-immunisation = Immunisation
field-items = Items
field-stores = Stores
field-from = Taken from
field-into = Put in
field-from-pack-size = Units per pack before
detail-choose-a-location = choose a location
detail-choose-at-least-one-batch = choose at least one batch
detail-what-does-the-vial-monitor-show = what does the vial monitor show?
detail-only-a-vaccine-has-a-vial-monitor = only a vaccine has a vial monitor
detail-n-to-n-lines = { $first } to { $second } batches at once
detail-a-location-does-not-stand-in-itself = a location does not stand in itself
detail-at-most-n-levels = at most { $first } levels one in another
detail-the-highest-temperature-is-not-below-the-lowest = the highest temperature is not below the lowest
detail-this-is-a-variant-of-another-item = this is a variant of another item
detail-this-variant-is-no-longer-chosen = this variant may not be chosen any more
detail-this-is-not-the-number-of-a-barcode = this is not the number of a barcode
detail-an-outer-box-holds-more-units = an outer box holds more units than the one inside
detail-another-pack-size-or-another-place = choose another pack size or another place
detail-whole-packs-of-the-new-size = this does not fill whole packs of the new size
detail-this-is-the-same-stock-line = this is the same stock line
detail-this-is-another-batch = this is another batch
detail-this-is-kept-for-somebody-else = this is kept for another donor or programme
detail-one-of-the-two-is-on-hold-or-has-another-vial-monitor = one of the two is on hold, or their vial monitors differ
detail-at-most-n-items = at most { $first } items
sheet-pack-size-before = Pack size before
sheet-programme = Programme
sheet-repack = Repack id
sheet-variant = Variant
sheet-repacks = Repacks
