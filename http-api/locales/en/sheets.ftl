## Files and paper

export = Export
file-excel = Excel
file-csv = CSV
rows-many = # rows

# Headings of files.
sheet-item-code = Item code
sheet-item = Item
sheet-unit = Unit
sheet-batch = Batch
sheet-expiry = Expiry
sheet-pack-size = Pack size
sheet-location = Location
sheet-on-hand = On hand
sheet-available = Available
sheet-on-hold = On hold
sheet-vvm = VVM
sheet-cost-price = Cost price
sheet-sell-price = Sell price
sheet-note = Note
sheet-stock-line = Stock line (id)
sheet-promised = Promised
sheet-at = When (UTC)
sheet-kind = Kind
sheet-number = Number
sheet-document = Document (id)
sheet-quantity = Quantity
sheet-balance = Balance
sheet-other-end = From or to
sheet-reason = Reason
sheet-user = User
sheet-code = Code
sheet-name = Name
sheet-strength = Strength
sheet-ven = VEN
sheet-default-pack-size = Default pack size
sheet-vaccine = Vaccine
sheet-doses-per-unit = Doses per vial
sheet-universal-code = Universal code
sheet-active = Active
sheet-id = Id
sheet-status = Status
sheet-made = Made (UTC)
sheet-status-since = Status since (UTC)
sheet-expected = Expected
sheet-lines = Lines
sheet-without-batch = Without batch
sheet-reference = Reference
sheet-comment = Comment
sheet-shipment = Shipment (id)
sheet-issued = Issued
sheet-received = Received
sheet-price = Price
sheet-verdict = Verdict
sheet-received-note = Receiver’s note
sheet-line = Line (id)
sheet-adjustment = Adjustment (id)
sheet-store = Store
sheet-class = Class
sheet-category = Category
sheet-type = Type
sheet-manufacturer = Manufacturer
sheet-model = Model
sheet-serial = Serial number
sheet-catalogue-code = Catalogue code
sheet-needs-replacement = Needs replacement
sheet-installed = Installed
sheet-replacement = Replacement due
sheet-warranty-start = Warranty from
sheet-warranty-end = Warranty to
sheet-shares = Shares of devices
sheet-donor = Donor
sheet-asset = Equipment (id)
sheet-recorded-at = Recorded (UTC)
sheet-quantity-expected = Expected quantity
sheet-quantity-found = Quantity found
sheet-store-code = Store code
sheet-level = Level
sheet-supplied-by = Supplied by
sheet-site = Site
sheet-closed = Closed
sheet-expiring-days = Warns of expiry (days)
sheet-customer = Customer
sheet-supplier = Supplier
sheet-comment-required = Comment required
sheet-central = Central
sheet-several-devices = Several devices
sheet-devices = Devices
sheet-list = List
sheet-filter = Filter
sheet-made-at = Made at (UTC)
sheet-made-by = Made by
sheet-made-on = System
sheet-about = About
sheet-rows = Rows
sheet-stock-lines = Stock
sheet-stock-items = Stock by item
sheet-ledger = Ledger
sheet-items = Items
sheet-partners = Partners
sheet-reasons = Reasons
sheet-asset-reasons = Equipment reasons
sheet-stores = Stores
sheet-sites = Sites
sheet-locations = Locations
sheet-adjustments = Adjustments
sheet-outbound-shipments = Outbound shipments
sheet-inbound-shipments = Inbound shipments
sheet-internal-orders = Internal orders
sheet-customer-requisitions = Customers’ requisitions
sheet-requisition = Requisition (id)
sheet-emergency = Emergency
sheet-period = Period
sheet-decision = Decision
sheet-amendments = Amendments
sheet-amendment = Amendment
sheet-suggested = Suggested
sheet-requested = Requested
sheet-supply = To be given
sheet-on-shipments = In shipments
sheet-shipped = Shipped
sheet-remaining = Remaining
sheet-supply-note = Supplier’s note
sheet-assets = Equipment
sheet-log = Status history
sheet-tasks = Tasks
sheet-national-stock = National stock

# Headings of the file of errors.
sheet-errors = Errors
sheet-row = Row
sheet-column = Column
sheet-error = What is wrong

## Imports

import = Import
import-title-items = Import items
import-title-opening-stock = Import opening stock
import-items-text = For all stores, on the central server
import-text-items = A table with one row for each item. A row whose code exists changes that item in the columns that say something; any other makes a new one. You look at everything before anything is done.
import-text-opening-stock = A table with one row for each batch on the shelves, when the records of this store begin. You look at everything before anything is done.
import-template-excel = Template (Excel)
import-template-csv = Template (CSV)
import-steps = Steps of an import
import-step-file = File
import-step-columns = Columns
import-step-preview = Check
import-step-done = Result
import-choose = Choose a file
import-limits = Excel (.xlsx), OpenDocument (.ods) or CSV; at most 10 MB and 20,000 rows. The first row is the heading.
import-paste = Or paste from a spreadsheet
import-paste-hint = Copy the cells with their heading, and paste them here.
import-pasted = Pasted table
import-read = Read and check
import-recent = Latest imports
import-none = Nothing imported yet
import-none-text = What is imported is listed here, and can be taken back.
import-file = File
import-rows = Rows
import-done = Imported
import-undone = Taken back
import-partly-undone = Partly taken back
import-cut-off = Cut off
import-cut-off-text = What was imported before the cut is there. Send the same file again: the rest follows, and nothing is done twice.
import-columns = Which column is which
import-columns-text = Columns are recognised by their headings. Correct here what is not, then check again. Columns with a star are needed.
import-column-needed = Choose the column of the file that holds this
import-decimal-mark = Decimal mark
import-by-file = As the file shows
import-comma = Comma: 1 234,5
import-point = Point: 1,234.5
import-day-order = Days such as 03/04/2027
import-day-first = Day first: 3 April
import-month-first = Month first: March 4
import-check-again = Check again
import-errors-excel = All errors (Excel)
import-line = Line
import-column = Column
import-value = In the file
import-error = What is wrong
import-errors =
    { $n ->
        [one] { $n } error
       *[other] { $n } errors
    }
import-errors-more = and { $n } more: download them all, correct the rows, and send the file again.
import-outcome = Effect
import-outcome-create = New
import-outcome-change = Changes
import-outcome-same = As it is
import-first-rows = First rows, as they are understood
import-will-create = New
import-will-change = Changed
import-will-leave = Already there
import-with-errors = Errors
import-other-file = Another file
import-known = These rows were imported already:
import-see = See that import
import-leave-out =
    { $n ->
        [one] Leave out the row with the error
       *[other] Leave out the rows with the { $n } errors
    }
import-apply =
    { $n ->
        [one] Import { $n } row
       *[other] Import { $n } rows
    }
import-running = { $done } of { $rows } rows
import-progress = Progress of the import
import-running-text = You may leave this page; the import goes on.
import-created = New
import-changed = Changed
import-left = Were there already
import-refused = Not imported
import-nothing-done = These rows were imported before: nothing was done now.
import-undo = Take this import back
import-undo-sure = Take the whole import back?
import-undo-text-items = New items leave the lists and their codes are free again; changed items are as before. What was used or changed since stays.
import-undo-text-opening-stock = What was opened leaves the shelves again, with a movement in the ledger. Batches that were used since stay.
import-choose-reason = Choose a reason
import-kept =
    { $n ->
        [one] { $n } was used or changed since and stays
       *[other] { $n } were used or changed since and stay
    }
toast-import-undone = The import is taken back

# Columns of imports.
import-needed = Needed.
import-field-code = Code
import-field-name = Name
import-field-unit = Unit
import-field-strength = Strength
import-field-ven = VEN
import-field-defaultPackSize = Pack size
import-field-isVaccine = Vaccine
import-field-dosesPerUnit = Doses per vial
import-field-universalCode = Universal code
import-field-itemCode = Item code
import-field-itemName = Item
import-field-batch = Batch
import-field-expiry = Expiry
import-field-packSize = Pack size
import-field-quantity = Quantity
import-field-location = Location
import-field-costPrice = Cost per pack
import-field-donor = Donor
import-field-programme = Programme
import-field-note = Note
import-hint-code = Code of the item, unique in the country
import-hint-name = Name of the item
import-hint-unit = What it is counted in: tablet, ml, dose
import-hint-strength = Strength, such as 250 mg
import-hint-ven = vital, essential or non-essential
import-hint-defaultPackSize = Units in a pack, a whole number; 1 if empty
import-hint-isVaccine = yes or no; no if empty
import-hint-dosesPerUnit = Doses in a vial, a whole number; 1 if empty
import-hint-universalCode = Code in the universal catalogue
import-hint-itemCode = Code of an item that exists
import-hint-itemName = Name of the item, for the reader only: the code decides
import-hint-batch = Batch as printed
import-hint-expiry = Last day of use: 2027-06-30, 30/06/2027, or 06/2027 for the end of the month
import-hint-packSize = Units in a pack, a whole number; the item’s if empty
import-hint-quantity = Units on the shelf, not packs
import-hint-location = Code of a location of this store
import-hint-costPrice = What a pack cost
import-hint-donor = Code of the partner who paid for it
import-hint-programme = Code or name of the programme it is kept for
import-hint-note = Anything worth noting

# What can be wrong with a row.
import-error-missing-value = This must not be empty
import-error-not-a-number = This is not a number
import-error-ambiguous-number = This can be read as two numbers: choose the decimal mark
import-error-too-fine = At most three decimals are counted
import-error-out-of-range = This is more than can be counted
import-error-not-a-count = This is not a whole number
import-error-not-a-day = This is not a day
import-error-ambiguous-day = This can be read as two days: choose whether day or month comes first
import-error-not-yes-or-no = This is neither yes nor no
import-error-not-a-text = This cannot be read
import-error-broken-cell = The spreadsheet could not calculate this cell
import-error-unknown-word = Vital, essential or non-essential
import-error-duplicate-row = Line { $value } is about the same: make one row of them
import-error-ragged-row = This row has more cells than the heading
import-error-unknown-item = There is no item with this code
import-error-unknown-location = This store has no location with this code
import-error-unknown-donor = There is no partner with this code
import-error-unknown-programme = This store sees no programme with this code, or several with this name
import-error-already-in-stock = This batch is in stock already: count it, or adjust it
import-error-used-since = It was used since
import-error-changed-since = Somebody changed it since

problem-import-lost = This import is not here any more
advice-import-lost = A file that was not imported is kept for an hour, and lost when the program starts anew. Choose the file again; what was imported before is not done twice.
problem-import-has-errors = The file has errors
advice-import-has-errors = Correct the file, or tick the box to leave out the rows with errors.
problem-import-empty = There is nothing to import in this file
advice-import-empty = Correct the rows that the errors name, and send the file again.
problem-missing-columns = Columns are missing
advice-missing-columns = Choose which column of the file holds each column with a star.
problem-file-empty = The file is empty
advice-file-empty = Choose a table whose first row is its heading.
problem-file-too-large = The file is too large
advice-file-too-large = At most 10 MB. Cut it into several files.
problem-file-too-many-rows = The file has too many rows
advice-file-too-many-rows = At most 20,000. Cut it into several files.
problem-too-many-columns = The table has too many columns
advice-too-many-columns = At most 100. Leave out those that are not imported.
problem-cell-too-long = A cell of the file is too long
advice-cell-too-long = Often a quotation mark is never closed.
problem-file-unreadable = The file cannot be read
advice-file-unreadable = Save it as .xlsx, .ods or .csv in your spreadsheet, and choose it again.
problem-used-since = It was used since

# Fields in histories.
field-import = Import
field-retired = Made by mistake
field-withdrawn-at = Opening taken back
field-withdrawn-by = Taken back by
field-withdrawn-reason = Reason of taking back

## Counts of a stocktake from a file

import-counts = Import counts
import-blank = Without a count
import-add-found = Add batches that are not on paper
import-title-counts = Import counts
import-text-counts = The sheet of this stocktake as a file, with what was counted filled in, or any table of what is on the shelves. A row without a count is left alone. You look at everything before anything is done.
import-undo-text-counts = Counts that still stand as they were imported are withdrawn, and counts that this device had made before stand again; what was added leaves the sheet. Lines that were counted since stay.
import-found-text =
    { $n ->
        [one] { $n } row counts a batch that is not on paper. If it is on the shelf as written, it can be added.
       *[other] { $n } rows count batches that are not on paper. If they are on the shelf as written, they can be added.
    }
import-found-add =
    { $n ->
        [one] Add { $n } batch
       *[other] Add { $n } batches
    }
import-field-line = Line on the sheet
import-hint-line = Number of the line on the sheet; its item code must agree
import-field-counted = Counted
import-hint-counted = Units on the shelf, not packs; a row without it is left alone
import-field-reason = Reason
import-hint-reason = Why it differs: the text of a reason
import-field-found = Found on the shelf
import-hint-found = yes where the batch is on the shelf and not on paper
import-field-stockLine = Stock line (id)
import-hint-stockLine = As exported; leave it as it is
import-error-line-mismatch = The line of this number is another item, or there is none
import-error-ambiguous-line = This could be several lines: { $value }. Say more of it, such as its pack size or its line
import-error-unknown-line = This store has no such line
import-error-unknown-batch = This batch is not on paper: correct it, or say that it was found
import-error-unknown-reason = There is no reason of this text
import-error-counted-twice = Another row counts the same batch: make one row of them
import-error-counted-since = Somebody has counted it since
problem-counted-since = Somebody has counted it since
advice-counted-since = Count the line again, or let the newer count stand.

## Lines of an order from a file

import-order-lines = Import lines
import-blank-order = Without quantity
import-title-order-lines = Import lines of an order
import-text-order-lines = A table with one row for each item: its code and a quantity, or the file of this order, filled in. An item that is asked for already gets the quantity of the table. You look at everything before anything is done.
import-undo-text-order-lines = Added lines leave the order, the others have their quantity and note of before. Lines that were changed since stay.
import-field-requested = Requested quantity
import-hint-requested = Units, not packs; a row without a quantity is left alone
