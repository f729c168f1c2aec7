## Figures: consumption, months of stock, alerts

amc = AMC
amc-long = Average monthly consumption
months-of-stock = Months of stock
on-order = On order
days-out = Days out of stock
consumed = Consumption
minimum = Minimum
maximum = Maximum
stock-low = Low stock
stock-over = Overstock
no-consumption = No consumption in the period
item-facet-in-stock = In stock
item-facet-out-of-stock = Out of stock
item-facet-out-with-consumption = Out, and consumed
item-facet-low = Low stock
item-facet-over = Overstock
item-facet-expired = With expired batch
item-facet-expiring = Expiring soon
item-facet-expiring-later = Expiring later
item-facet-on-order = On order
why-these-months = Why these months of stock?
look-back = Period looked at
days-count =
    { $n ->
        [one] { $n } day
       *[other] { $n } days
    }
days-out-adjusted = the AMC is adjusted for them
days-out-not-adjusted = the AMC is not adjusted for them
figures-exact = The calculation is exact; only the result shown is rounded, to a thousandth.
consumption-12 = Consumption of the last 12 months
consumption-12-rule = Units of all items added up: how busy the store was, not what any one item needs.
consumption-chart = Consumption by month; the figures are in the table below.
chart-most = most { $quantity }
as-table = Show the table
month = Month
tab-on-order = On order
nothing-on-order = Nothing on its way
nothing-on-order-text = Shipments to this store are listed here from picking until they are received.
expected-on = Expected on
balance-of-item = The balance is that of the whole item after each movement, whatever the filter. It is the sum of the movements; nobody can type it.
balance-of-line = The balance is that of this batch after each movement, whatever the filter. It is the sum of the movements; nobody can type it.
from-day = From
until-day = Until
ledger-kind = Kind
no-filter = No filter
see-as-of = As of
show = Show
as-of = As it was on { $day }, at the end of the day
as-of-text = What had moved by then. What was promised or on its way is not told of the past; names of items and places are those of today.
back-to-now = Back to today
figure-items-out-with-consumption = Out of stock and consumed
rule-out-with-consumption =
    { $n ->
        [one] nothing there, consumed in the last { $n } day
       *[other] nothing there, consumed in the last { $n } days
    }
figure-items-low = Low stock
rule-low =
    { $n ->
        [one] less than { $n } month of stock, stock-outs included
       *[other] less than { $n } months of stock, stock-outs included
    }
figure-items-over = Overstock
rule-over =
    { $n ->
        [one] more than { $n } month of stock
       *[other] more than { $n } months of stock
    }
rule-within-days =
    { $n ->
        [one] within { $n } day
       *[other] within { $n } days
    }
figure-items-on-order = On order
figure-rule-items-on-order = items on their way, not received
figures-from-here = Figures of this device,
central-heard = central server heard
central-not-heard = central server not heard yet
store-preferences = Calculations of the store
look-back-months = Months looked back
look-back-months-hint = Consumption is averaged over them
days-in-month = Days in a month
days-in-month-hint = 30.4375 on average
understock-months = Low below (months)
understock-months-hint = Gives the minimum too
overstock-months = Excess above (months)
overstock-months-hint = Gives the maximum too
expiring-later-days = Then within (days)
expiring-later-days-hint = The later threshold of the dashboard
lead-time-days = Lead time (days)
lead-time-days-hint = From order to receipt
adjust-for-days-out = Adjust the AMC for days out of stock
vvm-first = Take vials first whose VVM has gone furthest
sheet-average-monthly-consumption = Average monthly consumption
sheet-consumed = Consumed
sheet-days-out-of-stock = Days out of stock
sheet-months-of-stock = Months of stock
sheet-on-order = On order

# The flow of goods, of orders and of tasks.

figure-inbound-overdue = Deliveries overdue
figure-rule-inbound-overdue = expected before today
figure-inbound-due-today = Expected today
figure-rule-inbound-due-today = deliveries that have not arrived
figure-inbound-due-this-week = Expected this week
figure-rule-inbound-due-this-week = today and the six days after it
figure-inbound-not-delivered = Deliveries on their way
figure-rule-inbound-not-delivered = not arrived yet
figure-outbound-not-shipped = Shipments to send
figure-rule-outbound-not-shipped = not left yet
figure-requisitions-emergency = Emergency requisitions
figure-rule-requisitions-emergency = they cannot wait, not finalised
figure-requisitions-new = New requisitions
figure-rule-requisitions-new = neither decided nor in a shipment
figure-requisitions-approved = Approved requisitions
figure-rule-requisitions-approved = not finalised
figure-orders-draft = Draft orders
figure-rule-orders-draft = not sent yet
figure-orders-denied = Orders denied
figure-rule-orders-denied = by the supplier
figure-orders-approved = Orders approved
figure-rule-orders-approved = by the supplier, not finalised
figure-orders-waiting = Orders under way
figure-rule-orders-waiting = sent, not finalised
figure-rule-tasks-of-kind = to be settled
figure-batches-expiring-later = Expiring later
figure-assets-needing-replacement = To be replaced
figure-rule-assets-needing-replacement = equipment marked so
tasks-by-kind = To settle
take-filter-off = (take this filter off)
shipment-part-not-shipped = Not left yet
shipment-part-not-delivered = Not arrived yet
shipment-part-due-today = Expected today
shipment-part-due-this-week = Expected this week
shipment-part-overdue = Overdue
answer-none = Unanswered
answer-approved = Approved
answer-denied = Denied
