## Shelves: locations, batches and what is done to them

nav-locations = Emplacements
nav-programmes = Programmes
location-type = Conservation
location-kind-ambient = Température ambiante
location-kind-cold = +2 à +8 °C
location-kind-frozen = −25 à −15 °C
location-kind-ultra-cold = −80 à −60 °C
new-location = Nouvel emplacement
locations-empty = Aucun emplacement
locations-empty-text = Notez vos salles, étagères et réfrigérateurs : chacun saura où se trouve chaque chose.
within = Se trouve dans
held-from-above = Bloqué : ce qui le contient est bloqué
volume-used = Volume occupé
volume-of = { $used } sur { $room } l
volume-unmeasured =
    { $n ->
        [one] { $n } lot de volume inconnu
       *[other] { $n } lots de volume inconnu
    }
volume-litres = Volume (litres)
volume-hint = Ce qu’il peut contenir. Laissez vide si personne ne l’a mesuré.
what-lies-here = Ce qui s’y trouve
choose-some = Choisir des lots
location-empty = Rien ne s’y trouve
location-empty-text = Ce qu’on y range apparaît dans cette liste.
move-everything-to = Tout ranger dans
move-everything =
    { $n ->
        [one] Déplacer { $n } lot
       *[other] Déplacer { $n } lots
    }
toast-location-held = L’emplacement est bloqué, avec tout ce qu’il contient
toast-location-released = L’emplacement est de nouveau utilisable

## What is chosen in a list

choose-batch = Choisir
choose-all = Tout choisir sur cette page
with-chosen = Avec ce qui est choisi :
to-location = Vers l’emplacement
move = Déplacer
moved-lines =
    { $n ->
        [one] { $n } lot déplacé vers { $place }
       *[other] { $n } lots déplacés vers { $place }
    }
moved-stayed =
    { $n ->
        [one] { $n } s’y trouvait déjà.
       *[other] { $n } s’y trouvaient déjà.
    }
held-lines =
    { $n ->
        [one] { $n } lot est bloqué
       *[other] { $n } lots sont bloqués
    }
released-lines =
    { $n ->
        [one] { $n } lot est de nouveau utilisable
       *[other] { $n } lots sont de nouveau utilisables
    }
held-already =
    { $n ->
        [one] { $n } l’était déjà.
       *[other] { $n } l’étaient déjà.
    }
hold-free = Libre
undo = Annuler l’opération
back-to-list = Revenir à la liste
nothing-was-changed = Rien n’a été changé
toast-put-back = { $value } remis à leur place
more-filters = Plus de filtres
expires-from = Péremption à partir du
expires-until = Péremption jusqu’au
apply = Appliquer
clear-filters = Sans filtres

## One batch

packs = Conditionnements
packs-of = { $n } × { $size }
vvm = PCV
vvm-stage1 = Stade 1 · utilisable
vvm-stage2 = Stade 2 · à utiliser d’abord
vvm-stage3 = Stade 3 · ne pas utiliser
vvm-stage4 = Stade 4 · ne pas utiliser
made-on = Fabriqué le
variant = Variante
programme = Programme
cost-price = Coût d’un conditionnement
sell-price = Prix d’un conditionnement
no-batch-number = Sans numéro de lot
no-location = aucun emplacement
no-other-location = Il n’y a pas d’autre emplacement. Créez-en un d’abord.
on-the-shelf = Sur l’étagère
log-placed = Rangé dans { $place }
log-moved = De { $from } à { $to }
released = Débloqué
seen-at = vu
no-moves = Rien ne s’est encore passé
no-moves-text = Déplacements, blocages et pastilles apparaissent ici, avec qui et quand.
vvm-look = Contrôler la pastille
vvm-shows = Ce qu’elle montre
vvm-record = Noter
toast-moved = Le lot est à son nouvel emplacement
toast-vvm = La pastille est notée
open-batch = Ouvrir un lot
open-batch-choose = De quel article s’agit-il ?
open-batch-confirm = Ouvrir le lot
open-batch-note = Pour ce qui était là avant qu’on ne l’écrive. Ce qui arrive se réceptionne.
quantity-in = Quantité ({ $unit })
pack-size-default = { $size } si vous laissez vide
toast-batch-opened = Le lot est ouvert

## Repacking

repack = Reconditionner ou diviser
repack-title = Reconditionner ou diviser un lot
repacks = Reconditionnements
repack-quantity = Quelle quantité ({ $unit })
repack-pack-size = Nouvelles unités/cond.
repack-pack-size-hint = Actuellement { $size }. Laissez vide pour répartir le lot sur deux emplacements.
repack-into = Dans
a-new-line = Une nouvelle ligne de stock
repack-outcome-empty = Saisissez une quantité pour voir le résultat.
repack-comes-out = Résultat
repack-stays = Reste
repack-too-much = Seulement { $available } disponible
repack-confirm = Reconditionner
repack-show = Voir le résultat
toast-repacked = { $value } est enregistré
repacks-empty = Rien n’a été reconditionné
repacks-empty-text = Ouvrez un lot dans le stock pour le reconditionner ou le répartir sur deux emplacements.
split-of = divisé, conditionnement de { $size }
repack-from-to = conditionnement de { $from } → de { $to }
repack-left = Pris de
repack-came = Mis dans

## Programmes, variants, types of locations

programmes-text = Listes d’articles qui vont ensemble, et dépôts qui les voient
programmes-empty = Aucun programme
programmes-empty-text = Les programmes se créent sur le serveur central et arrivent d’eux-mêmes sur chaque site.
new-programme = Nouveau programme
immunisation = Vaccination
seen-by = Vu par
seen-by-hint = Rien de coché : tous les dépôts le voient.
stores-count =
    { $n ->
        [one] { $n } dépôt
       *[other] { $n } dépôts
    }
add-items = Ajouter des articles
is-listed = Dans la liste
take-out = Retirer
programme-no-items = Aucun article
programme-no-items-text = Les articles s’ajoutent sur le serveur central.
variants = Variantes
variants-empty = Aucune variante
variants-empty-text = Une variante dit qui fabrique un article, comment il est emballé et quel volume prend un conditionnement.
new-variant = Nouvelle variante
kept-at = Conservation
boxes = Boîtes
boxes-hint = Laissez vide ce qui n’existe pas.
box-primary = Plus petite boîte
box-secondary = Boîte de boîtes
box-tertiary = Carton
gtin = Numéro du code-barres (GTIN)
location-types = Types d’emplacements
location-types-text = À quelle température les emplacements conservent les produits
location-types-empty = Aucun type
new-location-type = Nouveau type
temperatures = Températures
temperature-min = Minimum (°C)
temperature-max = Maximum (°C)

## Words of documents and answers

movement-repack-out = Reconditionnement, pris
movement-repack-in = Reconditionnement, produit
what-location-type = type d’emplacement
what-item-variant = variante
what-programme = programme
what-repack = reconditionnement
field-parent = Se trouve dans
field-location-type = Conservation
field-volume = Volume (litres)
field-min = Minimum (°C)
field-max = Maximum (°C)
field-variant = Variante
field-programme = Programme
field-vvm-at = Pastille vue le
field-vvm-note = Note sur la pastille
field-vvm-type = Type de pastille
field-primary = Plus petite boîte
field-secondary = Boîte de boîtes
field-tertiary = Carton
field-units = Unités par conditionnement
field-gtin = Numéro du code-barres
field-immunisation = Vaccination
field-items = Articles
field-stores = Dépôts
field-from = Pris de
field-into = Mis dans
field-from-pack-size = Unités par conditionnement avant
detail-choose-a-location = choisissez un emplacement
detail-choose-at-least-one-batch = choisissez au moins un lot
detail-what-does-the-vial-monitor-show = que montre la pastille ?
detail-only-a-vaccine-has-a-vial-monitor = seul un vaccin porte une pastille de contrôle
detail-n-to-n-lines = { $first } à { $second } lots à la fois
detail-a-location-does-not-stand-in-itself = un emplacement ne se trouve pas dans lui-même
detail-at-most-n-levels = au plus { $first } niveaux l’un dans l’autre
detail-the-highest-temperature-is-not-below-the-lowest = le maximum n’est pas inférieur au minimum
detail-this-is-a-variant-of-another-item = c’est une variante d’un autre article
detail-this-variant-is-no-longer-chosen = cette variante ne peut plus être choisie
detail-this-is-not-the-number-of-a-barcode = ce n’est pas le numéro d’un code-barres
detail-an-outer-box-holds-more-units = un carton contient plus d’unités que la boîte qu’il renferme
detail-another-pack-size-or-another-place = choisissez un autre conditionnement ou un autre emplacement
detail-whole-packs-of-the-new-size = cela ne remplit pas de conditionnements entiers
detail-this-is-the-same-stock-line = c’est la même ligne de stock
detail-this-is-another-batch = c’est un autre lot
detail-this-is-kept-for-somebody-else = ceci est réservé à un autre donateur ou programme
detail-one-of-the-two-is-on-hold-or-has-another-vial-monitor = l’un des deux est bloqué, ou leurs pastilles diffèrent
detail-at-most-n-items = au plus { $first } articles
sheet-pack-size-before = Conditionnement avant
sheet-programme = Programme
sheet-repack = Id du reconditionnement
sheet-variant = Variante
sheet-repacks = Reconditionnements
