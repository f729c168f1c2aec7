# Retours, prix, lecture de codes et papiers des expéditions et des livraisons.

movement-return-in = Retour, reçu
movement-return-out = Retour, envoyé
task-returned-twice = Plus en retour que refusé
task-returned-twice-text = { $expected } refusés, { $found } en cours de retour. Annulez le retour fait deux fois.
settle-returned-twice = Voir la livraison
sheet-value = Valeur
sheet-received-value = Valeur reçue
sheet-returns = Retourne l’expédition (id)

## Retours

kind-of-shipment = Type
kind-return = Retour
kinds-regular = Expéditions
kinds-return = Retours
supplier-return = Retour fournisseur
customer-return = Retour client
gives-back = Retourne des articles de
given-back-by = Des articles repartent avec
goes-back = { $quantity } repartent
give-back = Retourner
return-to = Retourné à
return-from = Rapporté par
what-goes-back = Ce qui est retourné
can-go-back = Peut repartir
add-batch-to-return = Trouver un lot par article, code ou numéro de lot
return-empty = Rien encore
return-empty-text = Cherchez ci-dessus ce qui repart ; les lots bloqués ou périmés se trouvent aussi.
nothing-goes-back = Rien ne peut repartir
nothing-goes-back-text = Tout a été utilisé, ou est déjà en cours de retour.
return-confirm = Créer le retour
supplier-return-note = Ce qui a été rejeté repart sans changer votre stock.
customer-return-note = Le stock augmente à la réception, à la page suivante.
detail-nothing-to-return = rien à retourner : saisissez une quantité
detail-only-returns-have-this = réservé aux retours
detail-these-goods-are-on-their-way-back = ces articles sont en cours de retour
detail-this-return-names-no-shipment = ce retour ne désigne aucune expédition
detail-this-is-a-return-itself = ceci est déjà un retour
detail-the-shipment-returned-says-otherwise = l’expédition retournée dit autre chose
detail-choose-who-brings-it-back = choisissez qui rapporte
detail-no-line-has-a-batch-to-pick = aucune ligne n’a de lot à prélever
detail-only-goods-of-ones-own-are-picked = on ne prélève que ses propres articles

## Prix

value = Valeur
total = Total
price-of-pack = Prix du paquet
edit-notes = Date prévue, transport, notes

## Boîtes

checked-boxes = Vérifié
all-checked = Complet
too-many = Trop
scan-to-pick = Scanner une boîte à prélever
scan-to-receive = Scanner une boîte arrivée
count-box = Compter
scan-boxes-text = Chaque boîte scannée compte dans sa ligne. Le code d’un article mène à sa ligne.
box-counted = { $item } : { $counted } sur { $expected }
box-unknown-article = Personne n’a encore dit ce que désigne ce code article
box-unclear = Cette étiquette peut se lire de plusieurs façons
box-not-on-shipment = Ceci n’est pas sur l’expédition
box-wrong-batch = Un autre lot que sur l’expédition
box-several-lines = Plusieurs lignes conviennent : choisissez
box-expired = Péremption dépassée
box-expiry-differs = La boîte porte une autre péremption
box-too-many = Plus que prévu
toast-box-counted = Compté : { $value } unités
toast-box-refused = La boîte n’est pas d’ici, ou de trop : regardez les lignes

## Papiers

pick-list = Bon de prélèvement
issue-voucher = Bon de sortie
received-note-title = Bon de réception
taken = Pris
units = Unités
