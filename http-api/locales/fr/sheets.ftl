## Files and paper

export = Exporter
file-excel = Excel
file-csv = CSV
rows-many = # lignes

# Headings of files.
sheet-item-code = Code article
sheet-item = Article
sheet-unit = Unité
sheet-batch = Lot
sheet-expiry = Péremption
sheet-pack-size = Conditionnement
sheet-location = Emplacement
sheet-on-hand = En stock
sheet-available = Disponible
sheet-on-hold = Bloqué
sheet-vvm = PCV
sheet-cost-price = Prix d’achat
sheet-sell-price = Prix de vente
sheet-note = Remarque
sheet-stock-line = Ligne de stock (id)
sheet-promised = Promis
sheet-at = Quand (UTC)
sheet-kind = Nature
sheet-number = Numéro
sheet-document = Document (id)
sheet-quantity = Quantité
sheet-balance = Solde
sheet-other-end = Provenance ou destination
sheet-reason = Motif
sheet-user = Utilisateur
sheet-code = Code
sheet-name = Nom
sheet-strength = Dosage
sheet-ven = VEN
sheet-default-pack-size = Conditionnement habituel
sheet-vaccine = Vaccin
sheet-doses-per-unit = Doses par flacon
sheet-universal-code = Code universel
sheet-active = Actif
sheet-id = Id
sheet-status = Statut
sheet-made = Créé le (UTC)
sheet-status-since = Statut depuis (UTC)
sheet-expected = Attendu le
sheet-lines = Lignes
sheet-without-batch = Sans lot
sheet-reference = Référence
sheet-comment = Commentaire
sheet-shipment = Expédition (id)
sheet-issued = Expédié
sheet-received = Reçu
sheet-price = Prix
sheet-verdict = Avis
sheet-received-note = Remarque du destinataire
sheet-line = Ligne (id)
sheet-adjustment = Ajustement (id)
sheet-store = Dépôt
sheet-class = Classe
sheet-category = Catégorie
sheet-type = Type
sheet-manufacturer = Fabricant
sheet-model = Modèle
sheet-serial = Numéro de série
sheet-catalogue-code = Code du catalogue
sheet-needs-replacement = À remplacer
sheet-installed = Installé le
sheet-replacement = Remplacement prévu
sheet-warranty-start = Garantie du
sheet-warranty-end = Garantie au
sheet-shares = Parts des appareils
sheet-donor = Donateur
sheet-asset = Équipement (id)
sheet-recorded-at = Saisi le (UTC)
sheet-quantity-expected = Quantité attendue
sheet-quantity-found = Quantité trouvée
sheet-store-code = Code dépôt
sheet-level = Niveau
sheet-supplied-by = Approvisionné par
sheet-site = Site
sheet-closed = Fermé
sheet-expiring-days = Alerte de péremption (jours)
sheet-customer = Client
sheet-supplier = Fournisseur
sheet-comment-required = Commentaire exigé
sheet-central = Central
sheet-several-devices = Plusieurs appareils
sheet-devices = Appareils
sheet-list = Liste
sheet-filter = Filtre
sheet-made-at = Fait le (UTC)
sheet-made-by = Fait par
sheet-made-on = Système
sheet-about = À propos
sheet-rows = Lignes
sheet-stock-lines = Stock
sheet-stock-items = Stock par article
sheet-ledger = Mouvements
sheet-items = Articles
sheet-partners = Partenaires
sheet-reasons = Motifs
sheet-asset-reasons = Motifs des équipements
sheet-stores = Dépôts
sheet-sites = Sites
sheet-locations = Emplacements
sheet-adjustments = Ajustements
sheet-outbound-shipments = Expéditions
sheet-inbound-shipments = Livraisons
sheet-internal-orders = Commandes internes
sheet-customer-requisitions = Réquisitions des clients
sheet-requisition = Réquisition (id)
sheet-emergency = Urgence
sheet-period = Période
sheet-decision = Décision
sheet-amendments = Modifications
sheet-amendment = Modification
sheet-suggested = Suggéré
sheet-requested = Demandé
sheet-supply = À fournir
sheet-on-shipments = En expédition
sheet-shipped = Envoyé
sheet-remaining = Reste à envoyer
sheet-supply-note = Remarque du fournisseur
sheet-assets = Équipements
sheet-log = Historique des statuts
sheet-tasks = Tâches
sheet-national-stock = Stock national

# Headings of the file of errors.
sheet-errors = Erreurs
sheet-row = Ligne
sheet-column = Colonne
sheet-error = Ce qui ne va pas

## Imports

import = Importer
import-title-items = Importer des articles
import-title-opening-stock = Importer le stock initial
import-items-text = Pour tous les dépôts, sur le serveur central
import-text-items = Un tableau avec une ligne par article. Une ligne dont le code existe modifie cet article dans les colonnes renseignées ; toute autre en crée un. Vous vérifiez tout avant que rien ne soit fait.
import-text-opening-stock = Un tableau avec une ligne par lot présent sur les étagères, au moment où ce dépôt commence ses enregistrements. Vous vérifiez tout avant que rien ne soit fait.
import-template-excel = Modèle (Excel)
import-template-csv = Modèle (CSV)
import-steps = Étapes de l’import
import-step-file = Fichier
import-step-columns = Colonnes
import-step-preview = Vérification
import-step-done = Résultat
import-choose = Choisir un fichier
import-limits = Excel (.xlsx), OpenDocument (.ods) ou CSV ; 10 Mo et 20 000 lignes au plus. La première ligne porte les titres.
import-paste = Ou coller depuis un tableur
import-paste-hint = Copiez les cellules avec leurs titres, puis collez-les ici.
import-pasted = Tableau collé
import-read = Lire et vérifier
import-recent = Derniers imports
import-none = Rien n’a encore été importé
import-none-text = Les imports sont listés ici et peuvent être annulés.
import-file = Fichier
import-rows = Lignes
import-done = Importé
import-undone = Annulé
import-partly-undone = Annulé en partie
import-cut-off = Interrompu
import-cut-off-text = Ce qui a été importé avant l’interruption est enregistré. Envoyez le même fichier : le reste suivra, et rien ne sera fait deux fois.
import-columns = Quelle colonne est laquelle
import-columns-text = Les colonnes sont reconnues à leurs titres. Corrigez ici ce qui ne l’est pas, puis vérifiez de nouveau. Les colonnes marquées d’une étoile sont indispensables.
import-column-needed = Choisissez la colonne du fichier qui contient cela
import-decimal-mark = Séparateur décimal
import-by-file = Selon le fichier
import-comma = Virgule : 1 234,5
import-point = Point : 1,234.5
import-day-order = Dates telles que 03/04/2027
import-day-first = Jour d’abord : 3 avril
import-month-first = Mois d’abord : 4 mars
import-check-again = Vérifier de nouveau
import-errors-excel = Toutes les erreurs (Excel)
import-line = Ligne
import-column = Colonne
import-value = Dans le fichier
import-error = Ce qui ne va pas
import-errors =
    { $n ->
        [one] { $n } erreur
       *[other] { $n } erreurs
    }
import-errors-more = et { $n } autres : téléchargez-les toutes, corrigez les lignes et renvoyez le fichier.
import-outcome = Effet
import-outcome-create = Nouveau
import-outcome-change = Modifié
import-outcome-same = Inchangé
import-first-rows = Premières lignes, telles qu’elles sont comprises
import-will-create = Nouveaux
import-will-change = Modifiés
import-will-leave = Déjà présents
import-with-errors = Erreurs
import-other-file = Autre fichier
import-known = Ces lignes ont déjà été importées :
import-see = Voir cet import
import-leave-out =
    { $n ->
        [one] Laisser de côté la ligne erronée
       *[other] Laisser de côté les lignes des { $n } erreurs
    }
import-apply =
    { $n ->
        [one] Importer { $n } ligne
       *[other] Importer { $n } lignes
    }
import-running = { $done } lignes sur { $rows }
import-progress = Avancement de l’import
import-running-text = Vous pouvez quitter cette page ; l’import continue.
import-created = Nouveaux
import-changed = Modifiés
import-left = Déjà présents
import-refused = Non importées
import-nothing-done = Ces lignes avaient déjà été importées : rien n’a été fait cette fois.
import-undo = Annuler cet import
import-undo-sure = Annuler tout l’import ?
import-undo-text-items = Les nouveaux articles quittent les listes et leurs codes redeviennent libres ; les articles modifiés retrouvent leur état précédent. Ce qui a été utilisé ou modifié depuis reste.
import-undo-text-opening-stock = Le stock initial quitte de nouveau les étagères, par un mouvement visible dans la fiche. Les lots utilisés depuis restent.
import-choose-reason = Choisir un motif
import-kept =
    { $n ->
        [one] { $n } élément utilisé ou modifié depuis reste en place
       *[other] { $n } éléments utilisés ou modifiés depuis restent en place
    }
toast-import-undone = L’import est annulé

# Columns of imports.
import-needed = Indispensable.
import-field-code = Code
import-field-name = Nom
import-field-unit = Unité
import-field-strength = Dosage
import-field-ven = VEN
import-field-defaultPackSize = Conditionnement
import-field-isVaccine = Vaccin
import-field-dosesPerUnit = Doses par flacon
import-field-universalCode = Code universel
import-field-itemCode = Code article
import-field-itemName = Article
import-field-batch = Lot
import-field-expiry = Péremption
import-field-packSize = Conditionnement
import-field-quantity = Quantité
import-field-location = Emplacement
import-field-costPrice = Coût par conditionnement
import-field-donor = Donateur
import-field-programme = Programme
import-field-note = Remarque
import-hint-code = Code de l’article, unique dans le pays
import-hint-name = Nom de l’article
import-hint-unit = Ce qui est compté : comprimé, ml, dose
import-hint-strength = Dosage, par exemple 250 mg
import-hint-ven = vital, essentiel ou non essentiel
import-hint-defaultPackSize = Unités par conditionnement, nombre entier ; 1 si vide
import-hint-isVaccine = oui ou non ; non si vide
import-hint-dosesPerUnit = Doses dans un flacon, nombre entier ; 1 si vide
import-hint-universalCode = Code dans le catalogue universel
import-hint-itemCode = Code d’un article existant
import-hint-itemName = Nom de l’article, pour le lecteur seulement : le code décide
import-hint-batch = Lot tel qu’imprimé
import-hint-expiry = Dernier jour d’utilisation : 2027-06-30, 30/06/2027, ou 06/2027 pour la fin du mois
import-hint-packSize = Unités par conditionnement, nombre entier ; celui de l’article si vide
import-hint-quantity = Unités sur l’étagère, non des boîtes
import-hint-location = Code d’un emplacement de ce dépôt
import-hint-costPrice = Coût d’un conditionnement
import-hint-donor = Code du partenaire qui l’a financé
import-hint-programme = Code ou nom du programme auquel il est destiné
import-hint-note = Toute remarque utile

# What can be wrong with a row.
import-error-missing-value = Ceci ne peut pas être vide
import-error-not-a-number = Ce n’est pas un nombre
import-error-ambiguous-number = Ceci peut se lire de deux façons : choisissez le séparateur décimal
import-error-too-fine = Trois décimales au plus
import-error-out-of-range = C’est plus que ce qui peut être compté
import-error-not-a-count = Ce n’est pas un nombre entier
import-error-not-a-day = Ce n’est pas une date
import-error-ambiguous-day = Ceci peut être deux dates : choisissez si le jour ou le mois vient d’abord
import-error-not-yes-or-no = Ce n’est ni oui ni non
import-error-not-a-text = Ceci ne peut pas être lu
import-error-broken-cell = Le tableur n’a pas pu calculer cette cellule
import-error-unknown-word = Vital, essentiel ou non essentiel
import-error-duplicate-row = La ligne { $value } dit la même chose : n’en faites qu’une
import-error-ragged-row = Cette ligne a plus de cellules que les titres
import-error-unknown-item = Aucun article n’a ce code
import-error-unknown-location = Ce dépôt n’a pas d’emplacement avec ce code
import-error-unknown-donor = Aucun partenaire n’a ce code
import-error-unknown-programme = Ce dépôt ne voit pas de programme avec ce code, ou en voit plusieurs de ce nom
import-error-already-in-stock = Ce lot est déjà en stock : comptez-le ou ajustez-le
import-error-used-since = Utilisé depuis
import-error-changed-since = Modifié depuis par quelqu’un

problem-import-lost = Cet import n’est plus ici
advice-import-lost = Un fichier non importé est gardé une heure, et perdu quand le programme redémarre. Choisissez le fichier de nouveau ; ce qui a été importé ne sera pas fait deux fois.
problem-import-has-errors = Le fichier contient des erreurs
advice-import-has-errors = Corrigez le fichier, ou cochez la case pour laisser de côté les lignes erronées.
problem-import-empty = Il n’y a rien à importer dans ce fichier
advice-import-empty = Corrigez les lignes que les erreurs désignent, puis renvoyez le fichier.
problem-missing-columns = Des colonnes manquent
advice-missing-columns = Choisissez quelle colonne du fichier correspond à chaque colonne marquée d’une étoile.
problem-file-empty = Le fichier est vide
advice-file-empty = Choisissez un tableau dont la première ligne porte les titres.
problem-file-too-large = Le fichier est trop volumineux
advice-file-too-large = 10 Mo au plus. Découpez-le en plusieurs fichiers.
problem-file-too-many-rows = Le fichier a trop de lignes
advice-file-too-many-rows = 20 000 au plus. Découpez-le en plusieurs fichiers.
problem-too-many-columns = Le tableau a trop de colonnes
advice-too-many-columns = 100 au plus. Retirez celles qui ne sont pas importées.
problem-cell-too-long = Une cellule du fichier est trop longue
advice-cell-too-long = Souvent, un guillemet n’est jamais refermé.
problem-file-unreadable = Le fichier ne peut pas être lu
advice-file-unreadable = Enregistrez-le en .xlsx, .ods ou .csv dans votre tableur, puis choisissez-le de nouveau.
problem-used-since = Utilisé depuis

# Fields in histories.
field-import = Import
field-retired = Créé par erreur
field-withdrawn-at = Stock initial annulé
field-withdrawn-by = Annulé par
field-withdrawn-reason = Motif de l’annulation

## Counts of a stocktake from a file

import-counts = Importer des comptages
import-blank = Sans comptage
import-add-found = Ajouter les lots qui ne sont pas enregistrés
import-title-counts = Importer des comptages
import-text-counts = La feuille de cet inventaire en fichier, avec les quantités comptées, ou tout tableau de ce qui est sur les étagères. Une ligne sans comptage est laissée de côté. Vous vérifiez tout avant que rien ne soit fait.
import-undo-text-counts = Les comptages importés encore en vigueur sont retirés, et ceux que cet appareil avait faits auparavant reviennent ; ce qui a été ajouté quitte la feuille. Les lignes comptées depuis restent.
import-found-text =
    { $n ->
        [one] { $n } ligne compte un lot qui n’est pas enregistré. S’il est bien sur l’étagère, il peut être ajouté.
       *[other] { $n } lignes comptent des lots qui ne sont pas enregistrés. S’ils sont bien sur les étagères, ils peuvent être ajoutés.
    }
import-found-add =
    { $n ->
        [one] Ajouter { $n } lot
       *[other] Ajouter { $n } lots
    }
import-field-line = Ligne de la feuille
import-hint-line = Numéro de la ligne sur la feuille ; le code de l’article doit correspondre
import-field-counted = Compté
import-hint-counted = Unités sur l’étagère, non des boîtes ; une ligne sans comptage est laissée de côté
import-field-reason = Motif
import-hint-reason = Pourquoi la quantité diffère : le texte d’un motif
import-field-found = Trouvé sur l’étagère
import-hint-found = oui si le lot est sur l’étagère mais pas enregistré
import-field-stockLine = Ligne de stock (id)
import-hint-stockLine = Telle qu’exportée ; n’y touchez pas
import-error-line-mismatch = La ligne de ce numéro est un autre article, ou n’existe pas
import-error-ambiguous-line = Plusieurs lignes sont possibles : { $value }. Précisez, par exemple, le conditionnement ou le numéro de ligne
import-error-unknown-line = Ce dépôt n’a pas cette ligne
import-error-unknown-batch = Ce lot n’est pas enregistré : corrigez-le, ou indiquez qu’il a été trouvé
import-error-unknown-reason = Aucun motif n’a ce texte
import-error-counted-twice = Une autre ligne compte le même lot : n’en faites qu’une
import-error-counted-since = Compté depuis par quelqu’un
problem-counted-since = Compté depuis par quelqu’un
advice-counted-since = Comptez la ligne de nouveau, ou laissez le comptage plus récent.

## Lines of an order from a file

import-order-lines = Importer des lignes
import-blank-order = Sans quantité
import-title-order-lines = Importer les lignes d’une commande
import-text-order-lines = Un tableau avec une ligne par article : le code et la quantité, ou le fichier de cette commande complété. Un article déjà commandé reçoit la quantité du tableau. Vous vérifiez tout avant que rien ne soit fait.
import-undo-text-order-lines = Les lignes ajoutées quittent la commande, les autres retrouvent leur quantité et leur remarque. Les lignes modifiées depuis restent.
import-field-requested = Quantité demandée
import-hint-requested = Unités, non des boîtes ; une ligne sans quantité est laissée de côté
