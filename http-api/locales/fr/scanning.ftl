## Scanner

scan-open = Scanner
scan-title = Scanner
scan-field = Scannez ou tapez un code
scan-go = Lire
scan-hint = Un lecteur fonctionne sur chaque page, où que soit le curseur. On peut aussi taper un code : le numéro sous les barres, le code d’un article ou d’un emplacement, un lot.
scan-many = Scanner à la suite
scan-beep = Signal sonore
scan-undo = Annuler
scan-gtin = Code article (GTIN)
scan-manufactured = Fabriqué le
scan-serial = N° de série
scan-count = Articles dans le carton
scan-no-batches = Aucun lot en stock.
scan-open-item = Ouvrir l’article
scan-open-location = Voir ce qui s’y trouve
scan-words = Ce code n’est pas connu ici
scan-correct = Ce n’est pas cet article ?
scan-correct-title = De quel article s’agit-il ?
scan-unsure = Comment lire cette étiquette ?
scan-unsure-text = Le lecteur a peut-être omis un séparateur. Comparez avec la boîte et choisissez.
scan-no-article = L’étiquette ne nomme aucun article. Scannez le code qui porte le numéro d’article.
scan-teach = Choisissez l’article une fois ; ce dépôt connaîtra ensuite ce code, sur tous ses appareils.
scan-pack = Unités dans cette boîte
scan-pack-hint = Par exemple 100 pour une boîte de 100 comprimés. Laissez vide si cela varie.
scan-which-item = Quel article est-ce ? Tapez son nom ou son code
scan-ask-keeper = Demandez à une personne qui peut modifier le stock d’indiquer l’article.
scan-forget = Oublier ce code
scan-learned = Codes appris par ce dépôt
scan-search-learned = Rechercher un code ou un article
scan-learned-empty = Rien d’appris pour l’instant
scan-learned-empty-text = La première fois qu’une boîte est scannée, choisissez son article ; le dépôt s’en souvient.
scan-warning-unknown-article = Ce code article n’est pas encore connu
scan-warning-batch-not-here = Ce lot n’est pas en stock ici
scan-warning-expired = Périmé
scan-warning-expiry-differs = L’étiquette indique une autre péremption que le dépôt
scan-warning-on-hold = Bloqué
scan-warning-item-inactive = Cet article n’est plus reçu
toast-learned = Le dépôt a appris ce code
toast-forgotten = Le code est oublié
key-scan = Scanner
what-barcode = code-barres

problem-gs1-check-digit = Le code a été mal lu : son chiffre de contrôle est faux
advice-gs1-check-digit = Scannez à nouveau, ou tapez le numéro sous les barres.
problem-gs1-unknown-identifier = L’étiquette contient une partie ({ $code }) que la norme ne connaît pas
advice-gs1-unknown-identifier = Scannez à nouveau. Si cela persiste, tapez le lot et la péremption à la main.
problem-gs1-bad-date = L’étiquette indique un jour qui n’existe pas ({ $code })
advice-gs1-bad-date = Lisez la date sur la boîte et tapez-la à la main.
problem-gs1-bad-value = Une partie de l’étiquette ({ $code }) ne peut pas être juste
advice-gs1-bad-value = Scannez à nouveau. Si cela persiste, tapez-la à la main.
problem-gs1-truncated = L’étiquette s’arrête trop tôt ({ $code })
advice-gs1-truncated = Scannez à nouveau, le symbole entier dans le champ.
problem-gs1-duplicate = L’étiquette dit deux choses différentes pour ({ $code })
advice-gs1-duplicate = Lisez la boîte et tapez le lot et la péremption à la main.

## Étiquettes

labels-title = Étiquettes
labels-text = Étiquettes d’emplacements et de lots, lisibles par tout lecteur.
labels-kind = Type d’étiquette
labels-shelves = Emplacements
labels-batches = Lots
labels-which-shelves = Quels emplacements
labels-no-locations = Pas encore d’emplacements
labels-no-locations-text = Nommez d’abord les emplacements du dépôt ; imprimez ensuite une étiquette pour chacun.
labels-choose = Choisir
labels-more = Les { $n } premiers sont affichés. Affinez la recherche pour les autres.
labels-show = Afficher les étiquettes
labels-print-title = Étiquettes à imprimer
labels-print-hint = Imprimez à 100 %, sans marges ni en-têtes du navigateur.
labels-choose-others = En choisir d’autres
labels-none = Aucune étiquette choisie
labels-none-text = Cochez au moins une ligne.
labels-count = { $n ->
    [one] 1 étiquette
   *[other] { $n } étiquettes
}
label-size = Papier
label-size-sheet = A4, 3 × 8 (70 × 37 mm)
label-size-roll = Rouleau de 62 mm
label-copies = Exemplaires de chacune
label-skip = Étiquettes déjà utilisées
label-skip-hint = Sur une planche entamée : combien manquent.
label-pack = Cond. : { $units } { $unit }
detail-at-most-n-labels = Pas plus de { $first } étiquettes à la fois
