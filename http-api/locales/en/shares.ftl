# Stock shared among the devices of a store: each issues its own share without contact.

shares = Shares of devices
shares-text = Without contact, a device issues only what it holds. What is asked for is given as soon as the others hear of it.
share-here = This device
share-keeper = Holds what comes in
share-held = Holds
share-asked = Asks for { $quantity }
share-ask = Ask for a share
share-ask-hint = How many units this device should hold
share-give = Give
share-give-to = To
share-divide = Divide evenly
share-divide-text = Gives the other devices an equal part of what this one holds, in whole packs.
shares-empty = There is nothing to share
shares-empty-text = Batches appear here as soon as there are any on the shelf.
shares-none = This store does not share its stock
shares-none-text = At central, choose in the form of the store which device holds what comes in; then each device issues its own share only.
toast-share-asked = Asked; the share comes as soon as another device hears of it
toast-share-given = The share is given
toast-shares-divided = { $value } batches divided
caution-held-elsewhere = held by other devices in part
share-elsewhere-too = { $quantity } on other devices
share-preference = Sharing among devices
share-kept-by = { $device } holds what comes in
share-preference-off = Not shared: every device issues all there is
share-preference-hint = Where two devices rarely meet: each issues only its own share without contact, so that nothing is promised twice.

problem-share-exceeded = This device holds only { $here } of it
advice-share-exceeded = Ask for a share on the page of the batch, or issue it on the device that holds it.
problem-share-elsewhere = This is changed on the device «{ $device }», which issued or holds it
advice-share-elsewhere = Change it on that device.
problem-share-none = This store does not share its stock among devices
advice-share-none = Any of its devices may issue what is there.
detail-another-device-of-this-store = Another device of this store
detail-which-device-is-it-for = Which device is it for?
detail-a-device-of-the-site-that-hosts-the-store = A device of the site that hosts the store
