# Les mots de l’interface. Un test vérifie que chaque langue dit les mêmes choses.

## General

save = Enregistrer
cancel = Annuler
close = Fermer
edit = Modifier
search = Rechercher
yes = Oui
no = Non
actions = Actions
code = Code
name = Nom
status = Statut
history = Historique
active = Actif
inactive = Inactif
never = Jamais
current = Actuel
read-only = Lecture seule
rows =
    { $n ->
        [one] { $n } ligne
       *[other] { $n } lignes
    }
rows-here =
    { $n ->
        [one] { $n } ligne sur cette page
       *[other] { $n } lignes sur cette page
    }
first-page = Première page
next-page = Page suivante
nothing-found = Rien trouvé
nothing-found-text = Rien ne correspond. Raccourcissez la recherche ou changez de filtre.
nothing-found-in-part = Rien ne correspond ici. C’est peut-être épuisé, ou dans une autre partie de la liste.
search-everything = Chercher partout
show-stock = Revenir à ce qui est en stock
skip = Aller au contenu
breadcrumb = Vous êtes ici
back-to-dashboard = Au tableau de bord
request-failed = Cela n’a pas marché. Rien n’est perdu : réessayez.
live-changes = {"{}"} changements · actualiser
live-elsewhere = Modifié ailleurs : {"{}"}
live-keep = Garder {"{}"}
live-take = Prendre {"{}"}
live-unsaved = Des quantités ne sont pas encore enregistrées : elles seraient perdues.

## Time and size

ago-now = à l’instant
ago-minutes = il y a { $n } min
ago-hours = il y a { $n } h
ago-days =
    { $n ->
        [one] il y a { $n } jour
       *[other] il y a { $n } jours
    }
bytes-b = o
bytes-kb = ko
bytes-mb = Mo
bytes-gb = Go

## Places

nav-main = Menu principal
nav-short = Menu court
nav-more = Plus
nav-dashboard = Tableau de bord
nav-home = Accueil
nav-stock = Stock
nav-issue = Sortie
nav-receive = Réception
nav-outbound = Expéditions
nav-outbound-short = Expéditions
nav-inbound = Livraisons
nav-inbound-short = Livraisons
nav-adjustments = Ajustements
nav-equipment = Équipement
nav-tasks = Tâches
nav-national = Stock national
nav-items = Articles
nav-partners = Partenaires
nav-stores = Dépôts
nav-sites = Sites
nav-users = Utilisateurs
nav-sync = Synchronisation
nav-sync-short = Synchro
nav-group-movements = Mouvements
nav-group-follow = Suivi
nav-group-data = Données de référence

## Door

login-title = Bienvenue
login-offline = Fonctionne sans réseau : votre compte est connu de cet appareil.
log-in = Se connecter
log-out = Se déconnecter
username = Nom d’utilisateur
password = Mot de passe
language = Langue
language-fr = Français
language-en = Anglais
theme-dark = Mode sombre
theme-light = Mode clair
choose-store = Choisir un dépôt
choose-store-text = Tout ce que vous voyez et faites se passe dans un dépôt. Vous pouvez en changer à tout moment.
change-store = Changer de dépôt
which-store = Quel dépôt ?
which-store-text = Cette page concerne un seul dépôt. Choisissez-le, et la page s’ouvre.
no-stores = Pas encore de dépôt
no-stores-text = Votre compte n’a accès à aucun dépôt sur cet appareil. Demandez l’accès à l’administrateur central ; il arrive au prochain contact.
welcome-title = Rejoindre un site
welcome-text = Cet appareil n’appartient encore à aucun site. L’administrateur central vous donne les trois réponses ci-dessous.
welcome-address = Adresse du serveur central
welcome-address-hint = Par exemple central.example.org
welcome-join = Rejoindre
welcome-safe = Rien ne se bloque : corrigez une réponse et réessayez. Une inscription interrompue reprend où elle en était.

## Foot of every page

chip-saved = Enregistré ici
chip-saved-central = Enregistré ici
chip-connected =
    { $n ->
        [one] { $n } appareil en contact
       *[other] { $n } appareils en contact
    }
chip-to-send =
    { $n ->
        [one] { $n } à envoyer
       *[other] { $n } à envoyer
    }
chip-sent = tout envoyé
chip-unknown = ? à envoyer
chip-central = central
chip-now = maintenant
chip-never = jamais joint
central-server = Serveur central

## Refusals

problem-central-only = Cette opération n'est permise que sur le serveur central
advice-central-only = Les articles, dépôts, sites, utilisateurs et partenaires sont tenus au niveau national pour que tous travaillent avec la même liste. Vous pouvez les consulter ici ; demandez une modification à l’administrateur central, elle arrivera d’elle-même.
central-only-short = Réservé au serveur central
see-list = Voir la liste
problem-code = Code :
advice-other = Rien n’est perdu. Revenez en arrière et réessayez, ou demandez de l’aide avec le code ci-dessous.
problem-not-permitted = Vous ne pouvez pas faire cela ici : il faut le droit « { $permission } »
advice-not-permitted = Demandez-le à un administrateur ; il arrive au prochain contact.
problem-read-only-here = Le central voit chaque dépôt et n’en modifie aucun
advice-read-only-here = Faites-le sur un appareil du site de ce dépôt.
problem-store-required = Choisissez d’abord un dépôt
advice-store-required = Ouvrez le menu à votre nom et choisissez « Changer de dépôt ».
problem-not-found = Cela n’existe pas ici
advice-not-found = Cela appartient peut-être à un autre dépôt, ou n’est pas encore arrivé.
problem-no-such-route = Cette page n’existe pas
problem-wrong-credentials = Le nom d’utilisateur ou le mot de passe est faux
problem-rate-limited = Trop d’essais : réessayez dans { $seconds } s
problem-unauthenticated = Veuillez vous connecter
problem-wrong-origin = Cette demande vient d’une autre page
problem-insufficient-stock = Seulement { $available } disponible
advice-insufficient-stock = Réduisez la quantité, ou corrigez le stock s’il y en a plus sur l’étagère.
problem-wrong-status = Le document a avancé : ce n’est pas possible à son statut
advice-wrong-status = Regardez-le à nouveau et choisissez une des actions proposées.
problem-nothing-remains = Tout ce qui est à fournir est déjà en expédition
advice-nothing-remains = Indiquez une quantité plus grande à fournir, ou annulez une expédition qui n’est pas nécessaire.
problem-on-hold = Ceci est bloqué
advice-on-hold = Levez d’abord le blocage, ou choisissez autre chose.
problem-duplicate-code = « { $code } » est déjà pris
problem-duplicate-id = Ceci existe déjà
problem-reason-required = Choisissez un motif
problem-invalid-cursor = La liste a changé : recommencez à la première page
problem-body-too-large = C’est trop en une fois
problem-busy = L’appareil est occupé un instant
advice-busy = Rien n’a été fait. Réessayez.
problem-timeout = C’était trop long
problem-stopping = Le programme s’arrête
problem-not-enrolled = Cet appareil n’appartient encore à aucun site
problem-storage-failed = Le disque ne répond pas
advice-storage-failed = Rien de ce qui a été enregistré n’est perdu. Vérifiez le disque, puis réessayez.
problem-storage-corrupt = Un enregistrement est endommagé
problem-disk-full = Le disque est plein
advice-disk-full = Rien de ce qui a été enregistré n’est perdu. Libérez de la place, puis réessayez.
problem-internal = Une erreur de ce programme
advice-internal = Rien n’a été fait à moitié. Réessayez ; si cela revient, signalez-le avec l’heure.
detail-other = Cette valeur n’est pas acceptable
problem-last-administrator = Personne d’autre ne peut administrer le serveur central : donnez d’abord « { $permission } » à un autre utilisateur
advice-last-administrator = Sans administrateur, personne ne pourrait plus remettre le serveur central en ordre.

## Help

help = Aide
help-text = Tout ceci est sur cet appareil et ne demande pas de réseau.
help-keys = Clavier
help-glossary = Mots
help-sync = Travailler sans réseau
help-sync-saved = Ce que vous enregistrez est aussitôt sur cet appareil et n’est jamais repris.
help-sync-offline = Sans contact, vous continuez à travailler ; tout s’échange tout seul quand le réseau revient.
help-sync-tasks = Là où le travail de deux personnes se contredit, les deux restent et une tâche demande de vérifier.
key-search = Aller à la recherche
key-next = Quantité suivante
key-previous = Quantité précédente
key-help = Cette aide
key-close = Fermer un menu ou une fenêtre
keys-on = Les touches simples agissent sur cet appareil
meaning-on-hand = La somme de tous les mouvements : ce qui devrait être sur l’étagère.
meaning-available = Le stock total sans ce qui est déjà promis à des expéditions.
meaning-batch = Un lot de fabrication ; toutes ses boîtes ont la même péremption.
term-fefo = PPPS (FEFO)
meaning-fefo = Premier périmé, premier sorti : ce qui périme d’abord part d’abord.
meaning-outbound = Ce qui quitte ce dépôt.
meaning-inbound = Ce qui arrive à ce dépôt.
meaning-tasks = Des contradictions que seule une personne peut régler, comme plus de sorties que de stock.

## Synchronisation

sync-text = Ce que cet appareil et les autres se sont dit.
sync-now = Synchroniser
peers = Pairs
no-peers = Pas encore d’autre appareil
no-peers-text = Personne n’a encore été en contact avec cet appareil. Votre travail est enregistré ici malgré tout.
link-offline = Hors ligne
link-greeting = Connexion
link-syncing = Échange en cours
link-in-sync = À jour
link-quiet = En contact
last-contact = Dernier contact
to-send = À envoyer
to-receive = À recevoir
sent-received = Envoyé / reçu
link-quality = Aller-retour, pertes
link-tcp = par TCP
sync-unknown = Inconnu tant que l’autre côté ne répond pas
sync-refused = { $here } modifications refusées ici, { $there } refusées là-bas
last-error = Dernière erreur
next-step-check-network = vérifiez le réseau ; un nouvel essai se fait tout seul
next-step-same-version = installez la même version du programme des deux côtés
next-step-report = rien n’est perdu ; si cela revient, installez la même version des deux côtés et signalez-le
next-step-check-device = rien n’a été appliqué ; vérifiez l’autre appareil et signalez-le
next-step-one-key-twice = rien à faire, sauf si cela se répète : alors deux machines utilisent la clé d’un même appareil
next-step-own-address = corrigez l’adresse : elle ramène à cet appareil
next-step-remove-devices = retirez les appareils qui n’existent plus
next-step-split-document = divisez le document : son historique ne tient pas dans un envoi
next-step-ask-entitlement = demandez à l’administrateur central si cet appareil doit encore recevoir ce dépôt
next-step-look-at-refused-and-parked = regardez les modifications refusées ou en attente ; le reste est à jour
next-step-look-at-refused = regardez les modifications refusées ; elles sont gardées ici et non partagées
next-step-wait-for-start = attendez que l’autre côté redémarre
next-step-check-address = vérifiez l’adresse, le réseau, et que l’UDP passe ; un nouvel essai se fait tout seul
next-step-enrol = inscrivez cet appareil : il n’a pas de certificat
next-step-check-clocks = vérifiez l’horloge de cet appareil et celle du serveur central ; si les deux sont justes, inscrivez-le à nouveau
next-step-other-system = cet appareil et ce serveur central ne vont pas ensemble : vérifiez l’adresse, ou inscrivez l’appareil à nouveau
next-step-revoked = demandez au niveau central pourquoi cet appareil a été révoqué ; inscrivez-le à nouveau s’il y a droit
next-step-ask-registration = demandez au niveau central si cet appareil est inscrit ; sinon, inscrivez-le à nouveau
next-step-wait-busy = patientez : l’autre côté est occupé ; un nouvel essai se fait tout seul
next-step-tried-again = un nouvel essai se fait tout seul ; si cela dure, voyez le journal des deux côtés
next-step-visited = rien à faire : le contact reprend tout seul
next-step-started-anew = rien à faire : l’autre côté a redémarré
next-step-restore-network = rebranchez le réseau de cet appareil
next-step-spelling = vérifiez l’orthographe de l’adresse, et que cet appareil sait résoudre les noms
next-step-wait-for-introduction = rien à faire : le serveur central présente les appareils l’un à l’autre ; un nouvel essai se fait tout seul
next-step-other-device = corrigez l’adresse si quelqu’un l’a écrite : un autre appareil l’utilise maintenant ; un appareil trouvé est retrouvé tout seul
next-step-not-a-neighbour = retirez cette adresse des voisins : c’est celle du serveur central, qui est appelé tout seul
next-step-neighbour-revoked = rien à faire ici : les droits de l’autre appareil ont pris fin ; s’il peut revenir, il est inscrit à nouveau
next-step-through-others = rien à faire : ce que cet appareil et l’autre écrivent parvient à chacun par le serveur central
next-step-name-neighbours = désignez les voisins par leur adresse (--neighbour), ou laissez passer la multidiffusion (port UDP 5353) sur ce réseau
next-step-flooded = rien à faire ici : quelque chose sature le réseau local ; il est écouté de nouveau après un moment
next-step-see-logs = voyez le journal des deux côtés
central-at = Serveur central à l’adresse { $address }
never-reached = Jamais joint
next-visit = Prochain contact
device-at = Appareil à l’adresse { $address }
not-met = Pas encore en contact
found-on-lan = trouvé sur le réseau local
found-by-hand = désigné par son adresse
nearby-devices = Appareils à proximité
lan-searching = Recherchés sur le réseau local ; l’échange est direct
lan-waiting = Pas de recherche en ce moment
lan-off = Pas de recherche : désactivée
demo-network = Réseau de la démonstration
demo-network-text = Débranchez un site, travaillez des deux côtés, rebranchez et regardez le travail se réunir.
network-up = connecté
network-cut = réseau coupé
network-do-cut = Couper le réseau
network-do-restore = Rétablir le réseau
this-device = Cet appareil
documents = Documents
changes-position = Modifications au journal
version = Version
device = Appareil
role = Rôle
role-name =
    { $central ->
        [yes] Serveur central
       *[no] Site
    }
toast-cut = Le réseau est coupé
toast-restored = Le réseau est rétabli
toast-sync-asked = Les autres sont interrogés
toast-joined = Cet appareil est inscrit. Connectez-vous dès que les utilisateurs sont arrivés.
toast-saved = Enregistré
toast-revoked = L’appareil n’a plus de droits

## Reference data

items-text = Ce qui est en stock, dans une seule liste pour le pays.
search-items = Rechercher un article
search-stock = Rechercher dans le stock
new-item = Nouvel article
unit = Unité
unit-hint = Ce que l’on compte : comprimé, ml, dose
strength = Dosage
pack-size = Unités/cond.
pack-size-hint = 1 si compté à l’unité
ven = VEN
ven-vital = Vital
ven-essential = Essentiel
ven-non-essential = Non essentiel
vaccine = Vaccin
doses-per-unit = Doses par flacon
universal-code = Code universel
active-item = Peut être commandé et reçu
see-stock = Voir le stock
partners-text = Fournisseurs, clients, fabricants et donateurs hors du système.
new-partner = Nouveau partenaire
partner-roles = Rôles
partner-customer = Client
partner-supplier = Fournisseur
partner-manufacturer = Fabricant
partner-donor = Donateur
active-partner = Peut être choisi
stores-text = Les lieux qui tiennent du stock, et qui les approvisionne.
new-store = Nouveau dépôt
store = Dépôt
store-code-hint = Les numéros imprimés commencent par lui
level = Niveau
level-1 = National
level-2 = District
level-3 = Centre de santé
supplied-by = Approvisionné par
site = Site
expiring-days = Périme dans (jours)
closed = Fermé
closed-store = Ce dépôt est fermé
sites-text = Quels appareils travaillent pour quels dépôts.
sites-empty = Les sites se créent sur le serveur central.
new-site = Nouveau site
site-name = Nom du site
site-password = Mot de passe du site
site-password-hint = Saisi une fois sur l’appareil qui rejoint ; 8 caractères au moins
site-password-keep = Laisser vide pour garder l’actuel
works-for = Travaille pour
no-store-yet = aucun dépôt pour l’instant
has-site = a un site
devices-count =
    { $n ->
        [one] { $n } appareil
       *[other] { $n } appareils
    }
devices = Appareils
no-devices = Pas encore d’appareil
no-devices-text = Un appareil rejoint avec l’adresse de ce serveur, le nom du site et son mot de passe.
multi-device = Plusieurs appareils peuvent rejoindre
enrolled-at = Inscrit le
revoke = Révoquer
revoked = Révoqué
revoke-question = Révoquer « { $name } » ? Ce qu’il a fait reste ; il ne peut plus rien envoyer ni recevoir.
users-text = Qui peut faire quoi dans quel dépôt.
new-user = Nouvel utilisateur
full-name = Nom complet
password-hint = 8 caractères au moins
password-keep = Laisser vide pour garder l’actuel
lease-days = Jours sans contact
lease-days-hint = Combien de temps l’utilisateur peut travailler sur un site sans contact avec le central
active-user = Peut se connecter
rights = Droits
rights-own = Tels quels
no-access = Pas d’accès
central-rights-text = Articles, dépôts, sites, utilisateurs
permissions-count =
    { $n ->
        [one] { $n } droit
       *[other] { $n } droits
    }
preset-storekeeper = Magasinier
preset-manager = Responsable
preset-viewer = Lecteur
preset-technician = Technicien
preset-administrator = Administrateur
permission-store-access = entrer dans le dépôt
permission-stock-view = voir le stock
permission-stock-edit = modifier le stock
permission-repack = reconditionner
permission-stocktake = inventorier
permission-adjust = ajuster le stock
permission-location-edit = modifier les emplacements
permission-requisition-view = voir les réquisitions
permission-requisition-edit = écrire les réquisitions
permission-requisition-send = envoyer les réquisitions
permission-requisition-approve = approuver les réquisitions
permission-outbound-edit = expéditions
permission-inbound-edit = livraisons
permission-inbound-verify = vérifier les livraisons
permission-returns = retours
permission-dispensing = dispensation
permission-rnr-forms = fiches R&R
permission-asset-view = voir l’équipement
permission-asset-edit = modifier l’équipement
permission-asset-status = état de l’équipement
permission-cold-chain = chaîne du froid
permission-patient-view = voir les patients
permission-patient-edit = modifier les patients
permission-vaccination = vaccination
permission-store-properties = propriétés du dépôt
permission-reports = rapports
permission-audit-log = journal d’audit
permission-edit-central-data = modifier les données centrales
permission-server-admin = administration du serveur
what-item = article
what-store = dépôt
what-site = site
what-partner = partenaire
what-location = emplacement
what-stock-line = ligne de stock
what-shipment = expédition
what-line = ligne
what-user = utilisateur
what-reason = motif
what-asset = équipement

## On paper

signed-prepared = Préparé par, date, signature
signed-checked = Vérifié par, date, signature
signed-received = Reçu par, date, signature

## Stock

on-hand = Stock total
available = Disponible
batch = Lot
expired = périmé
expires-soon = périme bientôt

## Lists

filter = Filtrer
view = Vue
show-all = Tout afficher
facet-all = Tout
number = Numéro
date = Date
since = Depuis
by = Par
from = De
to = Vers
item = Article
quantity = Quantité
expiry = Péremption
location = Emplacement
note = Note
comment = Commentaire
reference = Référence
reason = Motif
lines-title = Lignes
print = Imprimer
remove = Retirer
add = Ajouter
choose = Choisir…
continue = Continuer
add-item = Ajouter un article : nom ou code
item-code = Code de l’article
already-there = Cet article est déjà dans la liste
saved-now = Enregistré
hold = Bloquer
release = Débloquer

## Dashboard

hello = Bonjour, { $name }
to-do = À faire aujourd’hui
alerts = Alertes
in-store = Dans ce dépôt
latest-outbound = Dernières expéditions
national-system = Le système
quick = Travail quotidien
quick-issue = Donner ou envoyer
quick-receive = Mettre en stock
quick-adjust-name = Ajuster
quick-adjust = Corriger avec un motif
quick-equipment = Noter un état
choose-store-first =
    { $n ->
        [one] Vous pouvez travailler dans { $n } dépôt.
       *[other] Vous pouvez travailler dans { $n } dépôts.
    }
figure-to-receive = Livraisons à recevoir
figure-rule-to-receive = arrivées ou en route
figure-inbound-received = Livraisons à vérifier
figure-rule-inbound-received = reçues, non vérifiées
figure-tasks = Tâches
figure-rule-tasks = contradictions à régler
figure-items-out-of-stock = Articles en rupture
figure-rule-items-out-of-stock = stock total nul
figure-batches-expired = Lots périmés
figure-rule-batches-expired = encore sur l’étagère
figure-batches-expiring = Périment bientôt
figure-rule-batches-expiring = dans le délai du dépôt
figure-assets-not-functioning = Équipements en panne
figure-rule-assets-not-functioning = ne fonctionnent pas
figure-assets-needing-attention = À surveiller
figure-rule-assets-needing-attention = équipements qui fonctionnent
figure-assets-functioning = Équipements en marche
figure-rule-assets-functioning = fonctionnent
figure-items-kept = Articles
figure-rule-items-kept = tenus en stock
figure-stores = Dépôts
figure-rule-stores = ouverts
figure-sites = Sites
figure-rule-sites = central compris
figure-devices-offline = Appareils hors ligne
figure-rule-devices-offline = sans contact à présent

## Stock list and item

view-batches = Lots
view-items = Articles
facet-in-stock = En stock
facet-expiring = Périme bientôt
facet-expiring-later = Périme plus tard
facet-expired = Périmé
facet-on-hold = Bloqué
facet-zero = Épuisé
on-hold = Bloqué
unusable = Inutilisable
over-issued = Survendu
out-of-stock = Rupture
stock-empty = Pas encore de stock
stock-empty-text = Le stock apparaît ici avec la première réception.
tabs = Parties de cet article
tab-summary = Résumé
tab-batches = Lots
tab-movements = Mouvements
batches = Lots
movements = Mouvements
all-batches = Tous les lots
no-batches = Pas encore de lot
no-batches-text = Les lots apparaissent avec la première réception.
no-movements = Pas encore de mouvement
no-movements-text = Ce qui entre et sort est listé ici avec le solde.
stock-card = Fiche de stock
print-card = Imprimer la fiche de stock
document = Document
partner = Partenaire
in = Entrée
out = Sortie
balance = Solde
promised = Promis
first-out = Premier à sortir
why-this-number = Pourquoi ce chiffre ?
movements-count =
    { $n ->
        [one] { $n } mouvement
       *[other] { $n } mouvements
    }
movement-opening = Stock initial
movement-issue = Expédition
movement-receipt = Livraison
movement-adjustment-in = Ajustement, ajout
movement-adjustment-out = Ajustement, réduction
toast-held = Le lot est bloqué
toast-released = Le lot est débloqué

## Issue

issue-title = Sortie de stock
issue-to = Où va-t-il ?
other-destination = Autre destination
no-destination = Il n’y a encore ni autre dépôt ni client.
what-leaves = Ce qui sort
from-batches = Depuis les lots (premier périmé d’abord)
type-quantity = Saisissez une quantité
missing = manque { $quantity }
rounded = { $quantity } en conditionnements entiers
no-batch-name = sans lot
no-stock-found = Rien en stock ne correspond.
issue-empty = Rien pour l’instant
issue-empty-text = Tapez une partie du nom ou du code ci-dessus ; Entrée prend le premier.
issue-how-far = Où en est-on ?
issue-status-allocated = Réserver
issue-status-picked = Prélevé
issue-status-shipped = Expédié
issue-confirm = Confirmer la sortie
issue-fix-lines = Rien n’est encore sorti : corrigez les lignes marquées.
fefo-note = Le stock baisse au prélèvement.
caution-skipped-expired = périmé, ignoré
caution-skipped-on-hold = bloqué, ignoré
caution-skipped-unusable = inutilisable, ignoré
caution-expiring-soon = périme sous six semaines
toast-issued = { $value } est sortie
resume = Vous avez ici une saisie inachevée : la reprendre

## Receive

receive-text = Ce qui est arrivé, et ce qui est en route.
all-inbound = Toutes les livraisons
from-partner = D’un partenaire
receive-empty = Rien à recevoir
receive-empty-text = Les livraisons apparaissent ici dès qu’elles sont préparées pour ce dépôt.
waiting-delivered = Arrivées
waiting-shipped = En route
waiting-picked = En préparation
waiting-new = De partenaires, pas encore reçues
receive-new = Livraison d’un partenaire
supplier = Fournisseur
delivery-note = Bon de livraison
what-arrives = Ce qui arrive
receive-new-empty = Pas encore de ligne
receive-new-empty-text = Cherchez un article ci-dessus ; saisissez ensuite quantité, lot et péremption de la boîte.
receive-new-note = Le stock augmente quand vous recevez à la page suivante.
toast-made = { $value } est créée
do-receive = Mettre en stock
do-delivered = Elle est arrivée
do-verify = Vérifier et clore
receive-note = Les lignes non modifiées arrivent comme envoyées.
received-note = En stock. Corrections possibles jusqu’à la vérification.
discrepancy-note = Quel écart ?
verdict = Verdict
verdict-pending = Non contrôlé
verdict-passed = Conforme
verdict-rejected = Refusé
toast-received = En stock
toast-verified = Vérifiée et close

## Shipments

status-new = Nouvelle
status-allocated = Allouée
status-picked = Prélevée
status-shipped = Expédiée
status-delivered = Livrée
status-received = Reçue
status-verified = Vérifiée
status-cancelled = Annulée
do-status-allocated = Allouer
do-status-picked = Prélever : le stock sort
do-status-shipped = Expédier
way = Étapes de l’expédition
search-shipments = Numéro, partenaire, référence
new-outbound = Nouvelle expédition
shipments-empty = Pas encore d’expédition
shipments-empty-text = Les expéditions de ce dépôt sont listées ici, la plus récente d’abord.
without-batch =
    { $n ->
        [one] { $n } sans lot
       *[other] { $n } sans lot
    }
sent = Envoyé
received = Reçu
expected = Attendue
transport = Transport
receiver-comment = Commentaire du destinataire
no-lines = Aucune ligne
no-lines-text = Cette expédition n’a pas encore de ligne.
no-batch-yet = Sans lot
choose-batches = Choisir les lots
differs = Diffère
seen = Vu
late-amendment = Modifié trop tard : { $quantity }
late-accept = C’est juste
late-reject = { $quantity } est parti
shipment-held = Bloquée : son statut ne change pas tant qu’elle n’est pas débloquée.
cancel-shipment = Annuler l’expédition
cancel-question = Annuler { $number } ? Le stock réservé redevient disponible.
cancel-requested = Annulation demandée
cancel-requested-title = Annulée ailleurs après le départ des produits
cancel-requested-text = Le mouvement reste. Voyez avec le destinataire : ce qui revient est reçu comme retour.
cancel-settle = C’est réglé
toast-status = L’expédition a avancé
toast-allocated = Les lots sont choisis
toast-cancelled = L’expédition est annulée
toast-settled = Réglé

## Adjustments

new-adjustment = Nouvel ajustement
adjustments-empty = Pas encore d’ajustement
adjustments-empty-text = Ce qui est trouvé ou perdu s’écrit ici avec son motif.
adjust-choose = Choisissez l’article
other-item = Autre article
add-or-reduce = Réduire ou ajouter
reduce = Réduire
increase = Ajouter
choose-reason = Choisir un motif
adjust-confirm = Ajuster le stock
adjust-note = Les lignes sans quantité restent telles quelles.
toast-adjusted = { $value } est enregistré

## Equipment

equipment = Équipement
all-stores = Tous les dépôts
new-equipment = Nouvel équipement
search-equipment = Numéro, série, modèle
equipment-empty = Pas encore d’équipement
equipment-empty-text = Les réfrigérateurs, congélateurs et glacières de ce dépôt sont listés ici.
serial = N° de série
kind = Type
manufacturer = Fabricant
model = Modèle
catalogue-code = Code PQS
installed = Installé
replacement = À remplacer
warranty-end = Garantie jusqu’au
partner-donor-of = Financé par
needs-replacement = À remplacer
status-unknown = Pas encore noté
status-log = Journal des états
note-status = Noter un état
log-empty = Rien de noté
log-empty-text = Notez s’il fonctionne ; l’historique de ses états s’écrit ici.
comment-star = Les motifs avec * demandent un commentaire
asset-not-in-use = Non utilisé
asset-functioning = Fonctionne
asset-functioning-needs-attention = À surveiller
asset-not-functioning = En panne
asset-decommissioned = Hors service
asset-unserviceable = Irréparable
toast-logged = L’état est noté

## Tasks

tasks-text = Là où le travail de plusieurs se contredit, tout reste ; quelqu’un qui peut vérifier tranche.
tasks-empty = Rien à régler
tasks-empty-text = Les contradictions entre appareils seraient listées ici.
task-over-issued = Survendu
task-discrepancy = Écart
task-late-amendment = Modification tardive
task-cancel-requested = Annulée trop tard
task-over-issued-text = Il en est sorti plus qu’il n’y en avait : le solde est de { $found }. Comptez l’étagère et corrigez le stock.
task-discrepancy-text = { $expected } sont partis, { $found } sont arrivés.
task-late-amendment-text = { $expected } sont partis ; une modification qui l’ignorait dit { $found }.
task-cancel-requested-text = Elle a été annulée alors que les produits étaient partis.
settle-over-issued = Corriger le stock
settle-discrepancy = Voir l’expédition
settle-late-amendment = Décider
settle-cancel-requested = Voir l’expédition

## National stock

national-text = Tous les dépôts ensemble, selon ce qui est arrivé.
national-none = Aucun dépôt n’en a eu
national-none-text = Les dépôts apparaissent avec leur premier mouvement.
share = Part

## History

changes-count =
    { $n ->
        [one] { $n } modification
       *[other] { $n } modifications
    }
more-fields =
    { $n ->
        [one] et { $n } autre champ
       *[other] et { $n } autres champs
    }
line-number = Ligne { $n }
the-system = Le système
unknown-device = appareil inconnu
no-history = Pas d’historique
no-history-text = Rien n’a changé ici.
what-adjustment = ajustement
what-asset-reason = motif
what-asset-log = entrée du journal

## Fields of documents, in their history

field-name = Nom
field-code = Code
field-unit = Unité
field-strength = Dosage
field-ven = VEN
field-default-pack-size = Unités par conditionnement
field-pack-size = Unités par conditionnement
field-is-vaccine = Vaccin
field-doses-per-unit = Doses par unité
field-universal-code = Code universel
field-active = Actif
field-deleted = Supprimé
field-level = Niveau
field-supplier = Fournisseur
field-site = Site
field-former-sites = Ancien site
field-disabled = Fermé
field-look-back-months = Mois pris en compte
field-understock-months = Trop peu en dessous de (mois)
field-overstock-months = Trop au-dessus de (mois)
field-lead-time-days = Délai de livraison (jours)
field-expiring-days = Périme dans (jours)
field-expiring-later-days = Périme plus tard dans (jours)
field-enrolled-at = Inscrit le
field-revoked = Révoqué
field-is-central = Serveur central
field-multi-device = Plusieurs appareils peuvent rejoindre
field-customer = Client
field-manufacturer = Fabricant
field-donor = Donateur
field-merged-into = Fusionné avec
field-kind = Type
field-text = Texte
field-status = État
field-comment-required = Commentaire obligatoire
field-store = Dépôt
field-on-hold = Bloqué
field-item = Article
field-batch = Lot
field-expiry = Péremption
field-manufactured = Fabriqué le
field-location = Emplacement
field-vvm = PCV
field-cost-price = Prix d’achat
field-sell-price = Prix de vente
field-note = Note
field-opening = Stock initial
field-opened-at = Ouvert le
field-number = Numéro
field-comment = Commentaire
field-quantity = Quantité
field-reason = Motif
field-class-name = Classe
field-category = Catégorie
field-model = Modèle
field-serial = N° de série
field-catalogue-code = Code PQS
field-installed = Installé le
field-replacement = À remplacer le
field-warranty-start = Garantie depuis
field-warranty-end = Garantie jusqu’au
field-needs-replacement = À remplacer
field-asset = Équipement
field-at = Quand
field-by = Par
field-issued = Sorti
field-removed = Retirée
field-acknowledged = Écart vu
field-received = Reçu
field-verdict = Verdict
field-received-note = Note du destinataire
field-sender-store = Du dépôt
field-sender-partner = Du partenaire
field-receiver-store = Vers le dépôt
field-receiver-partner = Vers le partenaire
field-reference = Référence
field-receiver-comment = Commentaire du destinataire
field-transport = Transport
field-expected = Attendue le
field-cancel-settled = Annulation réglée

## Sentences of the domain

detail-this-cannot-be-empty = ceci ne peut pas être vide
detail-at-most-n-characters = au plus { $first } caractères
detail-at-least-n-characters = au moins { $first } caractères
detail-this-is-not-a-number = ce n’est pas un nombre
detail-this-is-not-a-day = ce n’est pas une date
detail-choose-where-it-goes = choisissez où cela va
detail-nothing-to-issue = rien à sortir : saisissez une quantité
detail-nothing-to-receive = rien à recevoir : ajoutez une ligne
detail-nothing-to-adjust = rien à ajuster : saisissez une quantité
detail-choose-a-supplier = choisissez un fournisseur
detail-choose-a-status = choisissez un état
detail-no-item-has-this-code = aucun article n’a ce code
detail-zero-changes-nothing = zéro ne change rien
detail-an-item-or-a-stock-line = un article ou une ligne de stock
detail-control-characters-have-no-place-here = pas de caractères de contrôle ici
detail-invisible-characters-have-no-place-here = pas de caractères invisibles ici
detail-a-user-name-has-no-spaces = un nom d’utilisateur n’a pas d’espaces
detail-more-than-zero = plus que zéro
detail-this-is-stock-of-another-item = ce stock est d’un autre article
detail-this-reason-does-not-explain-such-a-change = ce motif n’explique pas un tel changement
detail-which-item-is-it = quel article ?
detail-which-stock-did-it-leave = de quel stock cela vient-il ?
detail-a-password-has-n-characters-at-least = un mot de passe a au moins { $first } caractères
detail-a-password-has-n-characters-at-least-n-bytes-at-most = un mot de passe a au moins { $first } caractères
detail-a-pack-has-n-to-n-units = un conditionnement a { $first } à { $second } unités
