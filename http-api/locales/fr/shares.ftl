# Le stock réparti entre les appareils d’un dépôt : chacun sort sa propre part sans contact.

shares = Parts des appareils
shares-text = Sans contact, un appareil ne sort que ce qu’il détient. Ce qui est demandé est cédé dès que les autres l’apprennent.
share-here = Cet appareil
share-keeper = Détient ce qui entre
share-held = Détient
share-asked = Demande { $quantity }
share-ask = Demander une part
share-ask-hint = Combien d’unités cet appareil devrait détenir
share-give = Céder
share-give-to = À
share-divide = Répartir également
share-divide-text = Cède aux autres appareils une part égale de ce que celui-ci détient, en conditionnements entiers.
shares-empty = Il n’y a rien à répartir
shares-empty-text = Les lots apparaissent ici dès qu’il y en a sur l’étagère.
shares-none = Ce dépôt ne répartit pas son stock
shares-none-text = Sur le central, choisissez dans le formulaire du dépôt l’appareil qui détient ce qui entre ; chaque appareil ne sort alors que sa propre part.
toast-share-asked = C’est demandé ; la part arrive dès qu’un autre appareil l’apprend
toast-share-given = La part est cédée
toast-shares-divided = { $value } lots répartis
caution-held-elsewhere = détenu en partie par d’autres appareils
share-elsewhere-too = { $quantity } sur d’autres appareils
share-preference = Partage entre appareils
share-kept-by = { $device } détient ce qui entre
share-preference-off = Pas de partage : chaque appareil sort tout ce qu’il y a
share-preference-hint = Quand deux appareils se rencontrent rarement : chacun ne sort que sa propre part sans contact, et rien n’est promis deux fois.

problem-share-exceeded = Cet appareil n’en détient que { $here }
advice-share-exceeded = Demandez une part sur la page du lot, ou faites la sortie sur l’appareil qui le détient.
problem-share-elsewhere = Cela se change sur l’appareil « { $device } », qui l’a sorti ou le détient
advice-share-elsewhere = Changez-le sur cet appareil.
problem-share-none = Ce dépôt ne répartit pas son stock entre appareils
advice-share-none = Chacun de ses appareils peut sortir ce qu’il y a.
detail-another-device-of-this-store = Un autre appareil de ce dépôt
detail-which-device-is-it-for = Pour quel appareil ?
detail-a-device-of-the-site-that-hosts-the-store = Un appareil du site qui héberge le dépôt
