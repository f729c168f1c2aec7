# Returns, prices, scanning and paper of shipments.

movement-return-in = Return, received
movement-return-out = Return, sent
task-returned-twice = More goes back than was refused
task-returned-twice-text = { $expected } were refused, { $found } are on their way back. Call off a return that was made twice.
settle-returned-twice = Look at the shipment
sheet-value = Value
sheet-received-value = Value received
sheet-returns = Returns the shipment (id)

## Returns

kind-of-shipment = Kind of shipment
kind-return = Return
kinds-regular = Shipments
kinds-return = Returns
supplier-return = Return to supplier
customer-return = Customer’s return
gives-back = Gives back goods of
given-back-by = Goods of it go back with
goes-back = { $quantity } go back
give-back = Give back
return-to = Goes back to
return-from = Comes back from
what-goes-back = What goes back
can-go-back = Can go back
add-batch-to-return = Find a batch by item, code or batch
return-empty = Nothing yet
return-empty-text = Find above what goes back; batches on hold or past their date are found too.
nothing-goes-back = Nothing can go back
nothing-goes-back-text = All of it was used, or is on its way back already.
return-confirm = Make the return
supplier-return-note = Rejected goods go back without a change of your stock.
customer-return-note = Stock rises when you receive on the next page.
detail-nothing-to-return = nothing to return: type a quantity
detail-only-returns-have-this = only returns have this
detail-these-goods-are-on-their-way-back = these goods are on their way back
detail-this-return-names-no-shipment = this return names no shipment
detail-this-is-a-return-itself = this is a return itself
detail-the-shipment-returned-says-otherwise = the shipment returned says otherwise
detail-choose-who-brings-it-back = choose who brings it back
detail-no-line-has-a-batch-to-pick = no line has a batch to pick
detail-only-goods-of-ones-own-are-picked = only goods of one’s own are picked

## Prices

value = Value
total = Total
price-of-pack = Price of a pack
edit-notes = Expected, transport, notes

## Boxes

checked-boxes = Checked
all-checked = All
too-many = Too many
scan-to-pick = Scan a box to pick
scan-to-receive = Scan a box that arrived
count-box = Count
scan-boxes-text = Each scanned box counts in its line. The code of an item leads to its line.
box-counted = { $item }: { $counted } of { $expected }
box-unknown-article = Nobody has said yet what this article number means
box-unclear = This label can be read in several ways
box-not-on-shipment = This is not on the shipment
box-wrong-batch = Another batch than on the shipment
box-several-lines = Several lines fit: choose one
box-expired = Past its last day of use
box-expiry-differs = The box says another expiry
box-too-many = More than there should be
toast-box-counted = Counted: { $value } units
toast-box-refused = The box does not belong here, or is too many: look at the lines

## Paper

pick-list = Pick list
issue-voucher = Issue voucher
received-note-title = Goods received note
taken = Taken
units = Units
