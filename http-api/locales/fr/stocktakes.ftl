## Stocktakes

nav-stocktakes = Inventaires
new-stocktake = Nouvel inventaire
stocktakes-empty = Aucun inventaire
stocktakes-empty-text = Comptez les étagères de temps en temps : les écarts sont corrigés avec une raison, et le travail continue pendant ce temps.
stocktake-counting = En cours
stocktake-finalised = Finalisé
stocktake-cancelled = Abandonné
stocktake-full = Tout ce qui est en stock
stocktake-blank = Commencé vide
stocktake-of-location = Emplacement { $code }
stocktake-expiring = Péremption jusqu’au { $day }
stocktake-what = Ce qu’on compte
stocktake-part-full = Tout le stock
stocktake-part-location = Un emplacement
stocktake-part-expiring = Ce qui périme bientôt
stocktake-part-item = Un article
stocktake-part-blank = Rien encore, j’ajoute des lignes
stocktake-choose-location = Choisir un emplacement
stocktake-expiring-until = Péremption jusqu’au
stocktake-expiring-hint = Pour un inventaire de ce qui périme bientôt.
stocktake-item = Article
stocktake-item-hint = Nom ou code, pour l’inventaire d’un seul article.
stocktake-description-hint = La date du jour si ce champ reste vide.
stocktake-blind = Cacher la quantité attendue à ceux qui comptent
stocktake-include-empty = Aussi les lots épuisés sur le papier
stocktake-initial = Premier inventaire du dépôt : les écarts n’ont pas besoin de raison
stocktake-held = Le comptage est suspendu.
sheet-order = Ordre des lignes
order-item = Par article
order-location = Par emplacement, puis article
begin-counting = Commencer à compter
description = Description
begun = Commencé
counted = Compté
expected = Attendu
difference = Écart
differences = Écarts
no-difference = Aucun écart
counted-of = { $counted } / { $lines }
counted-of-lines = { $counted } lignes comptées sur { $lines }
late-counts = Comptages tardifs
counts-differ-chip =
    { $n ->
        [one] { $n } ligne comptée différemment
       *[other] { $n } lignes comptées différemment
    }
counted-twice-chip = Compté sur deux appareils
keep-count = Garder { $quantity }
moved-meanwhile = Mouvement entre-temps
counted-in = Avant mon comptage
not-counted-in = Après mon comptage
or-recount = ou recomptez
late-apply = Appliquer ce comptage
late-aside = Laisser de côté
strike-line = Retirer cette ligne de la feuille
pack-of = boîte de { $n }
count-sheet = Feuille de comptage
add-line = Ajouter une ligne
add-line-text = Choisissez l’article, puis un lot connu, ou un lot trouvé sur l’étagère.
review = Vérification
review-finalise = Vérifier et finaliser
review-title = { $number } : le résultat
back-to-sheet = Retour à la feuille
release-hold = Reprendre le comptage
hold-stocktake = Suspendre
cancel-stocktake = Abandonner
cancel-stocktake-sure = Abandonner l’inventaire { $number } ? Il ne corrige rien ; ce qui a été compté reste lisible.
show-differences = Voir les écarts ({ $n })
show-all-lines = Voir toutes les lignes
show-all-differences = Voir tous les écarts
search-count = Article, code ou lot
count-part-uncounted = À compter
count-part-counted = Comptées
count-part-differing = Écarts
count-part-doubtful = À décider
count-part-unexplained = Sans raison
count-part-late = Tardives
all-counted = Tout est compté
all-counted-text = Regardez les écarts, puis finalisez.
sheet-empty = Aucune ligne
sheet-empty-text = Ajoutez ce que vous comptez.
nothing-found-in-sheet = Aucune ligne de cette feuille ne correspond. Elle est peut-être dans une autre partie, ou pas encore sur la feuille.
will-drop-out = Non comptées : ignorées
finalise = Finaliser
finalise-text = Le stock est corrigé des écarts affichés. Ce qui a bougé après un comptage s’y ajoute. Les lignes que personne n’a comptées sont ignorées.
accept-latest =
    { $n ->
        [one] { $n } ligne a été comptée différemment sur deux appareils : prendre le dernier comptage
       *[other] { $n } lignes ont été comptées différemment sur deux appareils : prendre les derniers comptages
    }
decide-line-by-line = Ou décider ligne par ligne
no-differences = Aucun écart
no-differences-text = Ce qui a été compté correspond au papier.
with-quantities = Avec les quantités attendues
without-quantities = Sans (à l’aveugle)
batches-on-paper = Lots connus
batch-found = Un lot trouvé sur l’étagère
no-batches-here = Ce dépôt n’a aucun lot connu de cet article.
count-this = Compter
add-and-count = Ajouter avec ce comptage
pack-size-hint = Unités par conditionnement ; { $n } si ce champ reste vide.
movement-count-in = Inventaire, trouvé
movement-count-out = Inventaire, manquant
task-counts-differ = Compté différemment
task-counts-differ-text = Deux appareils ont compté différemment les mêmes lignes. Décidez quel comptage est juste, ou recomptez.
task-late-counts = Comptages tardifs
task-late-counts-text = Des comptages sont arrivés après la fin de l’inventaire. Ils n’ont encore rien changé : appliquez-les ou laissez-les de côté.
task-counted-twice = Corrigé deux fois
task-counted-twice-text = Deux inventaires ont corrigé ce lot sans rien savoir l’un de l’autre. Recomptez-le.
settle-counts-differ = Décider
settle-late-counts = Décider
settle-counted-twice = Voir les mouvements
toast-stocktake-begun = Inventaire { $value } commencé
toast-stocktake-finalised = Inventaire { $value } finalisé
toast-stocktake-cancelled = Inventaire { $value } abandonné
toast-line-added = Ligne ajoutée
problem-stale-count = Compté entre-temps : { $counted }
advice-stale-count = Choisissez quel comptage est retenu.
problem-counts-differ =
    { $lines ->
        [one] Une ligne a été comptée différemment sur deux appareils
       *[other] { $lines } lignes ont été comptées différemment sur deux appareils
    }
advice-counts-differ = Décidez ligne par ligne, ou prenez les derniers comptages.
problem-nothing-counted = Rien n’a encore été compté
advice-nothing-counted = Comptez d’abord au moins une ligne.
problem-not-arrived = Une partie de cet inventaire n’est pas encore arrivée sur cet appareil
advice-not-arrived = Elle arrive avec la prochaine synchronisation. Ce que vous comptez en attendant est conservé.
problem-batch-exists = Ce lot est déjà connu
advice-batch-exists = Choisissez-le dans la liste ci-dessus et comptez-le.
problem-too-many-lines = Cela ferait { $found } lignes ; un inventaire en a { $max } au plus
advice-too-many-lines = Choisissez une partie du dépôt : un emplacement, ou ce qui périme bientôt.
detail-no-item-of-the-store-is-called-so = Aucun article de ce dépôt ne porte ce nom
detail-the-store-has-finalised-a-stocktake-already = Le dépôt a déjà finalisé un inventaire
detail-this-reason-does-not-explain-such-a-change = Cette raison n’explique pas un tel changement
detail-which-lines = Choisissez au moins une ligne
more-left-than-counted = Il en est sorti plus qu’il n’en a été compté
count-again = Recomptez cette ligne.
problem-below-zero = Il en est sorti depuis plus qu’il n’en a été compté (ligne { $line })
advice-below-zero = Recomptez la ligne, ou dites que ce qui est sorti était déjà déduit.
