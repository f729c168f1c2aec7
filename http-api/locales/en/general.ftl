# Words of the web interface. Terms follow the glossary of the domain; a test holds that every language
# says the same things.

## General

save = Save
cancel = Cancel
close = Close
edit = Edit
search = Search
yes = Yes
no = No
actions = Actions
code = Code
name = Name
status = Status
history = History
active = Active
inactive = Inactive
never = Never
current = Current
read-only = Read only
rows =
    { $n ->
        [one] { $n } row
       *[other] { $n } rows
    }
rows-here =
    { $n ->
        [one] { $n } row on this page
       *[other] { $n } rows on this page
    }
first-page = First page
next-page = Next page
nothing-found = Nothing found
nothing-found-text = Nothing matches. Shorten the search or choose another filter.
nothing-found-in-part = Nothing here matches. It may be used up, or in another part of the list.
search-everything = Look in everything
show-stock = Back to what is in stock
skip = Skip to content
breadcrumb = You are here
back-to-dashboard = To the dashboard
request-failed = That did not work. Nothing is lost: try again.
live-changes = {"{}"} changes · refresh
live-elsewhere = Changed elsewhere: {"{}"}
live-keep = Keep {"{}"}
live-take = Take {"{}"}
live-unsaved = Some quantities are not saved yet: they would be lost.

## Time and size

ago-now = just now
ago-minutes = { $n } min ago
ago-hours = { $n } h ago
ago-days =
    { $n ->
        [one] { $n } day ago
       *[other] { $n } days ago
    }
bytes-b = B
bytes-kb = kB
bytes-mb = MB
bytes-gb = GB

## Places

nav-main = Main menu
nav-short = Short menu
nav-more = More
nav-dashboard = Dashboard
nav-home = Home
nav-stock = Stock
nav-issue = Issue
nav-receive = Receive
nav-outbound = Outbound shipments
nav-outbound-short = Outbound
nav-inbound = Inbound shipments
nav-inbound-short = Inbound
nav-adjustments = Adjustments
nav-equipment = Equipment
nav-tasks = Tasks
nav-national = National stock
nav-items = Items
nav-partners = Partners
nav-stores = Stores
nav-sites = Sites
nav-users = Users
nav-sync = Synchronisation
nav-sync-short = Sync
nav-group-movements = Movements
nav-group-follow = Follow-up
nav-group-data = Reference data

## Door

login-title = Welcome
login-offline = Works without a network: your account is known on this device.
log-in = Log in
log-out = Log out
username = User name
password = Password
language = Language
language-fr = French
language-en = English
theme-dark = Dark mode
theme-light = Light mode
choose-store = Choose a store
choose-store-text = Everything you see and do is in one store. You can change at any time.
change-store = Change store
which-store = Which store?
which-store-text = This page is about one store. Choose it, and the page opens.
no-stores = No store yet
no-stores-text = Your account may not enter a store on this device. Ask the central administrator for access; it arrives with the next contact.
welcome-title = Join a site
welcome-text = This device belongs to no site yet. The central administrator gives you the three answers below.
welcome-address = Address of the central server
welcome-address-hint = For example central.example.org
welcome-join = Join
welcome-safe = Nothing locks: correct any answer and try again. An interrupted join goes on where it was.

## Foot of every page

chip-saved = Saved here
chip-saved-central = Saved here
chip-connected =
    { $n ->
        [one] { $n } device in contact
       *[other] { $n } devices in contact
    }
chip-to-send =
    { $n ->
        [one] { $n } to send
       *[other] { $n } to send
    }
chip-sent = all sent
chip-unknown = ? to send
chip-central = central
chip-now = now
chip-never = never reached
central-server = Central server

## Refusals

problem-central-only = Operation is only permitted on central server
advice-central-only = Items, stores, sites, users and partners are kept at the national level so that everybody works with the same list. You can look at them here; ask the central administrator for a change, and it arrives by itself.
central-only-short = Central server only
see-list = See the list
problem-code = Code:
advice-other = Nothing is lost. Go back and try again, or ask for help with the code below.
problem-not-permitted = You may not do this here: it needs the right «{ $permission }»
advice-not-permitted = Ask an administrator for it; it arrives with the next contact.
problem-read-only-here = Central sees every store and changes none
advice-read-only-here = Do this on a device of the store’s own site.
problem-store-required = Choose a store first
advice-store-required = Open the menu with your name and choose «Change store».
problem-not-found = There is no such thing here
advice-not-found = It may belong to another store, or not have arrived yet.
problem-no-such-route = There is no such page
problem-wrong-credentials = The user name or the password is wrong
problem-rate-limited = Too many attempts: try again in { $seconds } s
problem-unauthenticated = Please log in
problem-wrong-origin = This request came from another page
problem-insufficient-stock = Only { $available } available
advice-insufficient-stock = Reduce the quantity, or correct the stock if there is more on the shelf.
problem-wrong-status = The document has moved on: this cannot be done at its status
advice-wrong-status = Look at it again and choose one of the actions it offers.
problem-nothing-remains = All that is to be given is in shipments already
advice-nothing-remains = Say that more is to be given, or cancel a shipment that is not needed.
problem-on-hold = This is on hold
advice-on-hold = Release the hold first, or choose something else.
problem-duplicate-code = «{ $code }» is taken already
problem-duplicate-id = This exists already
problem-reason-required = Choose a reason
problem-invalid-cursor = The list has changed: begin at its first page
problem-body-too-large = That is too much at once
problem-busy = The device is busy for a moment
advice-busy = Nothing was done. Try again.
problem-timeout = That took too long
problem-stopping = The program stops
problem-not-enrolled = This device belongs to no site yet
problem-storage-failed = The disk does not answer
advice-storage-failed = Nothing that was saved is lost. Check the disk, then try again.
problem-storage-corrupt = A stored record is damaged
problem-disk-full = The disk is full
advice-disk-full = Nothing that was saved is lost. Free some space, then try again.
problem-internal = A fault of this program
advice-internal = Nothing was half done. Try again; if it comes back, report it with the time.
detail-other = This value is not acceptable
problem-last-administrator = Nobody else may administer the central server: give «{ $permission }» to another user first
advice-last-administrator = A central server without an administrator could not be put right by anybody.

## Help

help = Help
help-text = Everything here is on this device and needs no network.
help-keys = Keyboard
help-glossary = Words
help-sync = Working without a network
help-sync-saved = What you save is on this device at once and is never taken back.
help-sync-offline = Without contact you go on working; everything is exchanged by itself when the network is back.
help-sync-tasks = Where the work of two people contradicts, both stay and a task asks someone to look.
key-search = Go to the search
key-next = Next quantity
key-previous = Previous quantity
key-help = This help
key-close = Close a menu or a dialog
keys-on = Single keys work on this device
meaning-on-hand = What all movements add up to: what should be on the shelf.
meaning-available = On hand without what is already promised to shipments.
meaning-batch = A production batch; all its packs share one expiry date.
term-fefo = FEFO
meaning-fefo = First expired, first out: what expires first leaves first.
meaning-outbound = Goods that leave this store.
meaning-inbound = Goods that come to this store.
meaning-tasks = Contradictions that only a person can settle, such as more issued than there was.

## Synchronisation

sync-text = What this device and the others have told each other.
sync-now = Sync now
peers = Peers
no-peers = No other device yet
no-peers-text = Nobody has been in contact with this device so far. Your work is saved here all the same.
link-offline = Offline
link-greeting = Connecting
link-syncing = Exchanging
link-in-sync = In sync
link-quiet = In contact
last-contact = Last contact
to-send = To send
to-receive = To receive
sent-received = Sent / received
link-quality = Round trip, loss
link-tcp = over TCP
sync-unknown = Not known until the other side answers
sync-refused = { $here } changes refused here, { $there } refused there
last-error = Last error
next-step-check-network = check the network; it is tried again by itself
next-step-same-version = install the same version of the program on both sides
next-step-report = nothing was lost; if it happens again, install the same version on both sides and report it
next-step-check-device = nothing was applied; check the other device for damage, and report it
next-step-one-key-twice = nothing to do, unless it repeats: then two machines use one device’s key
next-step-own-address = correct the address: it leads back to this device
next-step-remove-devices = remove devices that no longer exist
next-step-split-document = split the document: its history does not fit a frame
next-step-ask-entitlement = ask the central administrator whether this device should still receive this store
next-step-look-at-refused-and-parked = look at the refused and parked changes; the rest is in sync
next-step-look-at-refused = look at the refused changes; the change is kept here and not shared
next-step-wait-for-start = wait for the other side to start again
next-step-check-address = check the address, the network, and that UDP is let through; it is tried again by itself
next-step-enrol = enrol this device: it has no certificate
next-step-check-clocks = check the clocks of this device and of central; if both are right, enrol again
next-step-other-system = this device and that central do not belong together: check the address, or enrol the device again
next-step-revoked = ask central why this device was revoked; enrol it again if it may
next-step-ask-registration = ask central whether this device is registered; enrol it again if not
next-step-wait-busy = wait: the other side is busy; it is tried again by itself
next-step-tried-again = it is tried again by itself; if it stays so, see the log of both sides
next-step-visited = nothing to do: it comes again by itself
next-step-started-anew = nothing to do: the other side was started anew
next-step-restore-network = restore the network of this node
next-step-spelling = check the spelling of the address, and that this device can resolve names
next-step-wait-for-introduction = nothing to do: central tells this device and the other of each other; it is tried again by itself
next-step-other-device = correct the address if somebody wrote it: another device has it now; one that is found is found again by itself
next-step-not-a-neighbour = remove this address from the neighbours: it is central’s, which is dialled by itself
next-step-neighbour-revoked = nothing to do here: the rights of the other device have ended; if it may come back, it is enrolled again
next-step-through-others = nothing to do: what this device and the other write reaches each through central
next-step-name-neighbours = name neighbours by their addresses (--neighbour), or let multicast (UDP port 5353) through on this network
next-step-flooded = nothing to do here: something on the local network shouts; it is listened to again after a while
next-step-see-logs = see the log of both sides
central-at = Central server at { $address }
never-reached = Never reached
next-visit = Next visit
device-at = Device at { $address }
not-met = Not in contact yet
found-on-lan = found on the local network
found-by-hand = named by its address
nearby-devices = Devices nearby
lan-searching = Looked for on the local network, and exchanged with directly
lan-waiting = Not looked for at the moment
lan-off = Not looked for: switched off
demo-network = Network of the demo
demo-network-text = Pull a site’s cable, work on both sides, plug it in again and watch the work merge.
network-up = connected
network-cut = network cut
network-do-cut = Cut the network
network-do-restore = Restore the network
this-device = This device
documents = Documents
changes-position = Changes in its log
version = Version
device = Device
role = Role
role-name =
    { $central ->
        [yes] Central server
       *[no] Site
    }
toast-cut = The network is cut
toast-restored = The network is back
toast-sync-asked = Asking the others now
toast-joined = This device has joined. Log in as soon as users have arrived.
toast-saved = Saved
toast-revoked = The device has no rights any more

## Reference data

items-text = What is stocked, in one list for the country.
search-items = Search items
search-stock = Search stock
new-item = New item
unit = Unit
unit-hint = What is counted: tablet, ml, dose
strength = Strength
pack-size = Units per pack
pack-size-hint = 1 if counted singly
ven = VEN
ven-vital = Vital
ven-essential = Essential
ven-non-essential = Non-essential
vaccine = Vaccine
doses-per-unit = Doses per vial
universal-code = Universal code
active-item = May be ordered and received
see-stock = See the stock
partners-text = Suppliers, customers, makers and donors outside the system.
new-partner = New partner
partner-roles = Roles
partner-customer = Customer
partner-supplier = Supplier
partner-manufacturer = Manufacturer
partner-donor = Donor
active-partner = May be chosen
stores-text = Places that hold stock, and who supplies them.
new-store = New store
store = Store
store-code-hint = Numbers on paper begin with it
level = Level
level-1 = National
level-2 = District
level-3 = Health centre
supplied-by = Supplied by
site = Site
expiring-days = Expiring within (days)
closed = Closed
closed-store = This store is closed
sites-text = Whose devices work for which stores.
sites-empty = Sites are made on the central server.
new-site = New site
site-name = Name of the site
site-password = Password of the site
site-password-hint = Typed once on the device that joins; 8 characters at least
site-password-keep = Leave empty to keep the present one
works-for = Works for
no-store-yet = no store yet
has-site = has a site
devices-count =
    { $n ->
        [one] { $n } device
       *[other] { $n } devices
    }
devices = Devices
no-devices = No device yet
no-devices-text = A device joins with the address of this server, the name of the site and its password.
multi-device = Several devices may join
enrolled-at = Joined
revoke = Revoke
revoked = Revoked
revoke-question = Revoke «{ $name }»? What it did before stays; it can send and receive nothing any more.
users-text = Who may do what in which store.
new-user = New user
full-name = Full name
password-hint = 8 characters at least
password-keep = Leave empty to keep the present one
lease-days = Days without contact
lease-days-hint = How long the user may work at a site that has no contact with central
active-user = May log in
rights = Rights
rights-own = As they are
no-access = No access
central-rights-text = Items, stores, sites, users
permissions-count =
    { $n ->
        [one] { $n } right
       *[other] { $n } rights
    }
preset-storekeeper = Storekeeper
preset-manager = Manager
preset-viewer = Viewer
preset-technician = Technician
preset-administrator = Administrator
permission-store-access = enter the store
permission-stock-view = see stock
permission-stock-edit = edit stock
permission-repack = repack
permission-stocktake = count
permission-adjust = adjust stock
permission-location-edit = edit locations
permission-requisition-view = see requisitions
permission-requisition-edit = write requisitions
permission-requisition-send = send requisitions
permission-requisition-approve = approve requisitions
permission-outbound-edit = outbound shipments
permission-inbound-edit = inbound shipments
permission-inbound-verify = verify shipments
permission-returns = returns
permission-dispensing = dispensing
permission-rnr-forms = R&R forms
permission-asset-view = see equipment
permission-asset-edit = edit equipment
permission-asset-status = status of equipment
permission-cold-chain = cold chain
permission-patient-view = see patients
permission-patient-edit = edit patients
permission-vaccination = vaccination
permission-store-properties = store properties
permission-reports = reports
permission-audit-log = audit log
permission-edit-central-data = edit central data
permission-server-admin = server administration
what-item = item
what-store = store
what-site = site
what-partner = partner
what-location = location
what-stock-line = stock line
what-shipment = shipment
what-line = line
what-user = user
what-reason = reason
what-asset = equipment

## On paper

signed-prepared = Prepared by, date, signature
signed-checked = Checked by, date, signature
signed-received = Received by, date, signature

## Stock

on-hand = On hand
available = Available
batch = Batch
expired = expired
expires-soon = expires soon

## Lists

filter = Filter
view = View
show-all = Show all
facet-all = All
number = Number
date = Date
since = Since
by = By
from = From
to = To
item = Item
quantity = Quantity
expiry = Expiry
location = Location
note = Note
comment = Comment
reference = Reference
reason = Reason
lines-title = Lines
print = Print
remove = Remove
add = Add
choose = Choose…
continue = Continue
add-item = Add an item: name or code
item-code = Code of the item
already-there = This item is on the list already
saved-now = Saved
hold = Hold
release = Release

## Dashboard

hello = Hello, { $name }
to-do = To do today
alerts = Alerts
in-store = In this store
latest-outbound = Latest outbound shipments
national-system = The system
quick = Daily work
quick-issue = Give or send stock
quick-receive = Take goods into stock
quick-adjust-name = Adjust
quick-adjust = Correct with a reason
quick-equipment = Note whether it works
choose-store-first =
    { $n ->
        [one] You may work in { $n } store.
       *[other] You may work in { $n } stores.
    }
figure-to-receive = To receive
figure-rule-to-receive = arrived or on the way
figure-inbound-received = To verify
figure-rule-inbound-received = received, not verified
figure-tasks = Tasks
figure-rule-tasks = contradictions to settle
figure-items-out-of-stock = Out of stock
figure-rule-items-out-of-stock = on hand is zero
figure-batches-expired = Expired batches
figure-rule-batches-expired = still on the shelf
figure-batches-expiring = Expiring soon
figure-rule-batches-expiring = within the store’s threshold
figure-assets-not-functioning = Not functioning
figure-rule-assets-not-functioning = equipment
figure-assets-needing-attention = Need attention
figure-rule-assets-needing-attention = equipment that works
figure-assets-functioning = Functioning
figure-rule-assets-functioning = equipment
figure-items-kept = Items
figure-rule-items-kept = kept in stock
figure-stores = Stores
figure-rule-stores = open
figure-sites = Sites
figure-rule-sites = central included
figure-devices-offline = Devices offline
figure-rule-devices-offline = out of contact now

## Stock list and item

view-batches = Batches
view-items = Items
facet-in-stock = In stock
facet-expiring = Expiring
facet-expiring-later = Expiring later
facet-expired = Expired
facet-on-hold = On hold
facet-zero = Zero
on-hold = On hold
unusable = Unusable
over-issued = Over-issued
out-of-stock = Out of stock
stock-empty = No stock yet
stock-empty-text = Stock appears here with the first goods received.
tabs = Parts of this item
tab-summary = Summary
tab-batches = Batches
tab-movements = Movements
batches = Batches
movements = Movements
all-batches = All batches
no-batches = No batch yet
no-batches-text = Batches appear with the first goods received.
no-movements = No movement yet
no-movements-text = What comes and goes is listed here with the balance after it.
stock-card = Stock card
print-card = Print the stock card
document = Document
partner = Partner
in = In
out = Out
balance = Balance
promised = Promised
first-out = First out
why-this-number = Why this number?
movements-count =
    { $n ->
        [one] { $n } movement
       *[other] { $n } movements
    }
movement-opening = Opening stock
movement-issue = Outbound shipment
movement-receipt = Inbound shipment
movement-adjustment-in = Adjustment, added
movement-adjustment-out = Adjustment, reduced
toast-held = The batch is on hold
toast-released = The batch may be used again

## Issue

issue-title = Issue stock
issue-to = Where does it go?
other-destination = Other destination
no-destination = There is no other store and no customer yet.
what-leaves = What leaves
from-batches = From batches (first expired first)
type-quantity = Type a quantity
missing = { $quantity } missing
rounded = { $quantity } in whole packs
no-batch-name = no batch
no-stock-found = Nothing in stock matches.
issue-empty = Nothing yet
issue-empty-text = Type a part of a name or code above; Enter takes the first one.
issue-how-far = How far is it?
issue-status-allocated = Reserve
issue-status-picked = Picked
issue-status-shipped = Shipped
issue-confirm = Confirm the issue
issue-fix-lines = Nothing was issued yet: correct the marked lines.
fefo-note = Stock leaves when picked.
caution-skipped-expired = expired, passed over
caution-skipped-on-hold = on hold, passed over
caution-skipped-unusable = unusable, passed over
caution-expiring-soon = expires within six weeks
toast-issued = { $value } is issued
resume = You have something unfinished here: take it up again

## Receive

receive-text = What has arrived, and what is on its way.
all-inbound = All inbound shipments
from-partner = From a partner
receive-empty = Nothing to receive
receive-empty-text = Shipments appear here as soon as they are packed for this store.
waiting-delivered = At the door
waiting-shipped = On the way
waiting-picked = Being packed
waiting-new = From partners, not received yet
receive-new = Goods from a partner
supplier = Supplier
delivery-note = Delivery note
what-arrives = What arrives
receive-new-empty = No line yet
receive-new-empty-text = Find an item above; then type quantity, batch and expiry from the box.
receive-new-note = Stock rises when you receive on the next page.
toast-made = { $value } is made
do-receive = Receive into stock
do-delivered = It stands at the door
do-verify = Verify and close
receive-note = Lines you leave alone arrive as they were sent.
received-note = In stock. Corrections are possible until it is verified.
discrepancy-note = What differs?
verdict = Verdict
verdict-pending = Not checked
verdict-passed = Passed
verdict-rejected = Rejected
toast-received = In stock
toast-verified = Verified and closed

## Shipments

status-new = New
status-allocated = Allocated
status-picked = Picked
status-shipped = Shipped
status-delivered = Delivered
status-received = Received
status-verified = Verified
status-cancelled = Cancelled
do-status-allocated = Allocate
do-status-picked = Pick: stock leaves
do-status-shipped = Ship
way = Way of the shipment
search-shipments = Number, partner, reference
new-outbound = New outbound shipment
shipments-empty = No shipment yet
shipments-empty-text = Shipments of this store are listed here, newest first.
without-batch =
    { $n ->
        [one] { $n } without batch
       *[other] { $n } without batch
    }
sent = Sent
received = Received
expected = Expected
transport = Transport
receiver-comment = Receiver’s comment
no-lines = No line
no-lines-text = This shipment has no lines yet.
no-batch-yet = No batch yet
choose-batches = Choose batches
differs = Differs
seen = Seen
late-amendment = Late edit: { $quantity }
late-accept = It is right
late-reject = { $quantity } left
shipment-held = On hold: its status cannot change until it is released.
cancel-shipment = Cancel the shipment
cancel-question = Cancel { $number }? Reserved stock becomes available again.
cancel-requested = Cancellation asked
cancel-requested-title = Cancelled elsewhere after the goods had left
cancel-requested-text = The movement stays. Agree with the receiver: goods that come back are received as a return.
cancel-settle = Dealt with
toast-status = The shipment has moved on
toast-allocated = Batches are chosen
toast-cancelled = The shipment is cancelled
toast-settled = Settled

## Adjustments

new-adjustment = New adjustment
adjustments-empty = No adjustment yet
adjustments-empty-text = What is found or lost is written here with its reason.
adjust-choose = Choose the item
other-item = Another item
add-or-reduce = Reduce or add
reduce = Reduce
increase = Add
choose-reason = Choose a reason
adjust-confirm = Adjust the stock
adjust-note = Lines without a quantity stay as they are.
toast-adjusted = { $value } is recorded

## Equipment

equipment = Equipment
all-stores = All stores
new-equipment = New equipment
search-equipment = Number, serial, model
equipment-empty = No equipment yet
equipment-empty-text = Refrigerators, freezers and cold boxes of this store are listed here.
serial = Serial number
kind = Type
manufacturer = Maker
model = Model
catalogue-code = PQS code
installed = Installed
replacement = To be replaced
warranty-end = Warranty until
partner-donor-of = Paid for by
needs-replacement = Needs replacement
status-unknown = Not noted yet
status-log = Status log
note-status = Note a status
log-empty = Nothing noted yet
log-empty-text = Note whether it works; the history of its statuses grows here.
comment-star = Reasons with * need a comment
asset-not-in-use = Not in use
asset-functioning = Functioning
asset-functioning-needs-attention = Needs attention
asset-not-functioning = Not functioning
asset-decommissioned = Decommissioned
asset-unserviceable = Unserviceable
toast-logged = The status is noted

## Tasks

tasks-text = Where the work of several people contradicts, both stay; someone who can look settles it.
tasks-empty = Nothing to settle
tasks-empty-text = Contradictions between devices would be listed here.
task-over-issued = Over-issued
task-discrepancy = Discrepancy
task-late-amendment = Late amendment
task-cancel-requested = Cancelled too late
task-over-issued-text = More was issued than there was: the balance is { $found }. Count the shelf and correct the stock.
task-discrepancy-text = { $expected } left, { $found } arrived.
task-late-amendment-text = { $expected } left; an edit that did not know says { $found }.
task-cancel-requested-text = It was cancelled when the goods had left already.
settle-over-issued = Correct the stock
settle-discrepancy = Look at the shipment
settle-late-amendment = Decide
settle-cancel-requested = Look at the shipment

## National stock

national-text = All stores together, as far as they have reported.
national-none = No store has had it
national-none-text = Stores appear with their first movement.
share = Share

## History

changes-count =
    { $n ->
        [one] { $n } change
       *[other] { $n } changes
    }
more-fields =
    { $n ->
        [one] and { $n } more field
       *[other] and { $n } more fields
    }
line-number = Line { $n }
the-system = The system
unknown-device = unknown device
no-history = No history
no-history-text = Nothing has changed here.
what-adjustment = adjustment
what-asset-reason = reason
what-asset-log = log entry

## Fields of documents, in their history

field-name = Name
field-code = Code
field-unit = Unit
field-strength = Strength
field-ven = VEN
field-default-pack-size = Units per pack
field-pack-size = Units per pack
field-is-vaccine = Vaccine
field-doses-per-unit = Doses per unit
field-universal-code = Universal code
field-active = Active
field-deleted = Struck off
field-level = Level
field-supplier = Supplier
field-site = Site
field-former-sites = Former site
field-disabled = Closed
field-look-back-months = Months looked back
field-understock-months = Too little below (months)
field-overstock-months = Too much above (months)
field-lead-time-days = Delivery takes (days)
field-expiring-days = Expiring within (days)
field-expiring-later-days = Expiring later within (days)
field-enrolled-at = Joined
field-revoked = Revoked
field-is-central = Central server
field-multi-device = Several devices may join
field-customer = Customer
field-manufacturer = Maker
field-donor = Donor
field-merged-into = Merged into
field-kind = Kind
field-text = Text
field-status = Status
field-comment-required = Comment required
field-store = Store
field-on-hold = On hold
field-item = Item
field-batch = Batch
field-expiry = Expiry
field-manufactured = Made on
field-location = Location
field-vvm = Vial monitor
field-cost-price = Cost price
field-sell-price = Selling price
field-note = Note
field-opening = Opening stock
field-opened-at = Opened
field-number = Number
field-comment = Comment
field-quantity = Quantity
field-reason = Reason
field-class-name = Class
field-category = Category
field-model = Model
field-serial = Serial number
field-catalogue-code = PQS code
field-installed = Installed
field-replacement = To be replaced
field-warranty-start = Warranty from
field-warranty-end = Warranty until
field-needs-replacement = Needs replacement
field-asset = Equipment
field-at = When
field-by = By
field-issued = Left
field-removed = Struck off
field-acknowledged = Difference seen
field-received = Received
field-verdict = Verdict
field-received-note = Note of the receiver
field-sender-store = From store
field-sender-partner = From partner
field-receiver-store = To store
field-receiver-partner = To partner
field-reference = Reference
field-receiver-comment = Comment of the receiver
field-transport = Transport
field-expected = Expected
field-cancel-settled = Cancellation settled

## Sentences of the domain

detail-this-cannot-be-empty = this cannot be empty
detail-at-most-n-characters = at most { $first } characters
detail-at-least-n-characters = at least { $first } characters
detail-this-is-not-a-number = this is not a number
detail-this-is-not-a-day = this is not a day
detail-choose-where-it-goes = choose where it goes
detail-nothing-to-issue = nothing to issue: type a quantity
detail-nothing-to-receive = nothing to receive: add a line
detail-nothing-to-adjust = nothing to adjust: type a quantity
detail-choose-a-supplier = choose a supplier
detail-choose-a-status = choose a status
detail-no-item-has-this-code = no item has this code
detail-zero-changes-nothing = zero changes nothing
detail-an-item-or-a-stock-line = an item or a stock line
detail-control-characters-have-no-place-here = control characters have no place here
detail-invisible-characters-have-no-place-here = invisible characters have no place here
detail-a-user-name-has-no-spaces = a user name has no spaces
detail-more-than-zero = more than zero
detail-this-is-stock-of-another-item = this is stock of another item
detail-this-reason-does-not-explain-such-a-change = this reason does not explain such a change
detail-which-item-is-it = which item is it?
detail-which-stock-did-it-leave = which stock did it leave?
detail-a-password-has-n-characters-at-least = a password has { $first } characters at least
detail-a-password-has-n-characters-at-least-n-bytes-at-most = a password has { $first } characters at least
detail-a-pack-has-n-to-n-units = a pack has { $first } to { $second } units
