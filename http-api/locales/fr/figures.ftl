## Figures: consumption, months of stock, alerts

amc = CMM
amc-long = Consommation moyenne mensuelle
months-of-stock = Mois de stock
on-order = En commande
days-out = Jours de rupture
consumed = Consommation
minimum = Minimum
maximum = Maximum
stock-low = Stock bas
stock-over = Surstock
no-consumption = Aucune consommation dans la période
item-facet-in-stock = En stock
item-facet-out-of-stock = En rupture
item-facet-out-with-consumption = En rupture, consommés
item-facet-low = Stock bas
item-facet-over = Surstock
item-facet-expired = Avec lot périmé
item-facet-expiring = Périment bientôt
item-facet-expiring-later = Périment plus tard
item-facet-on-order = En commande
why-these-months = Pourquoi ces mois de stock ?
look-back = Période examinée
days-count =
    { $n ->
        [one] { $n } jour
       *[other] { $n } jours
    }
days-out-adjusted = pris en compte dans la CMM
days-out-not-adjusted = non pris en compte dans la CMM
figures-exact = Le calcul est exact ; seul le résultat affiché est arrondi au millième.
consumption-12 = Consommation des 12 derniers mois
consumption-12-rule = Unités sorties de tous les articles additionnées : l’activité du dépôt, pas le besoin d’un article.
consumption-chart = Consommation par mois ; les chiffres sont dans le tableau ci-dessous.
chart-most = maximum { $quantity }
as-table = Voir le tableau
month = Mois
tab-on-order = En commande
nothing-on-order = Rien en route
nothing-on-order-text = Les expéditions vers ce dépôt apparaissent ici dès qu’elles sont prélevées, jusqu’à leur réception.
expected-on = Attendue le
balance-of-item = Le solde est celui de l’article entier après chaque mouvement, quel que soit le filtre. Il est la somme des mouvements ; personne ne peut le saisir.
balance-of-line = Le solde est celui de ce lot après chaque mouvement, quel que soit le filtre. Il est la somme des mouvements ; personne ne peut le saisir.
from-day = Du
until-day = Au
ledger-kind = Type
no-filter = Sans filtre
see-as-of = Voir au
show = Voir
as-of = État au { $day }, en fin de journée
as-of-text = Ce qui avait bougé jusque-là. Ce qui était promis ou en route n’est pas montré pour le passé ; les noms des articles et des emplacements sont ceux d’aujourd’hui.
back-to-now = Revenir à aujourd’hui
figure-items-out-with-consumption = Ruptures avec consommation
rule-out-with-consumption =
    { $n ->
        [one] rien en stock, consommés depuis { $n } jour
       *[other] rien en stock, consommés depuis { $n } jours
    }
figure-items-low = Stock bas
rule-low =
    { $n ->
        [one] moins de { $n } mois de stock, ruptures comprises
       *[other] moins de { $n } mois de stock, ruptures comprises
    }
figure-items-over = Surstock
rule-over = plus de { $n } mois de stock
rule-within-days =
    { $n ->
        [one] dans { $n } jour
       *[other] dans { $n } jours
    }
figure-items-on-order = En commande
figure-rule-items-on-order = articles en route, non reçus
figures-from-here = Chiffres de cet appareil,
central-heard = serveur central entendu
central-not-heard = serveur central pas encore entendu
store-preferences = Calculs du dépôt
look-back-months = Mois examinés
look-back-months-hint = La consommation est moyennée sur ces mois
days-in-month = Jours par mois
days-in-month-hint = 30,4375 en moyenne
understock-months = Stock bas sous (mois)
understock-months-hint = Donne aussi le minimum
overstock-months = Surstock au-dessus de (mois)
overstock-months-hint = Donne aussi le maximum
expiring-later-days = Puis dans (jours)
expiring-later-days-hint = Seuil plus lointain du tableau de bord
lead-time-days = Délai de livraison (jours)
lead-time-days-hint = De la commande à la réception
adjust-for-days-out = Corriger la CMM des jours de rupture
vvm-first = Sortir d’abord les flacons dont la PCV est la plus avancée
sheet-average-monthly-consumption = Consommation moyenne mensuelle (CMM)
sheet-consumed = Consommé
sheet-days-out-of-stock = Jours de rupture
sheet-months-of-stock = Mois de stock
sheet-on-order = En commande

# The flow of goods, of orders and of tasks.

figure-inbound-overdue = Livraisons en retard
figure-rule-inbound-overdue = attendues avant aujourd’hui
figure-inbound-due-today = Attendues aujourd’hui
figure-rule-inbound-due-today = livraisons pas encore arrivées
figure-inbound-due-this-week = Attendues cette semaine
figure-rule-inbound-due-this-week = aujourd’hui et les six jours qui suivent
figure-inbound-not-delivered = Livraisons en route
figure-rule-inbound-not-delivered = pas encore arrivées
figure-outbound-not-shipped = Expéditions à envoyer
figure-rule-outbound-not-shipped = pas encore parties
figure-requisitions-emergency = Réquisitions urgentes
figure-rule-requisitions-emergency = elles ne peuvent pas attendre, non finalisées
figure-requisitions-new = Réquisitions nouvelles
figure-rule-requisitions-new = ni décidées ni expédiées
figure-requisitions-approved = Réquisitions approuvées
figure-rule-requisitions-approved = non finalisées
figure-orders-draft = Commandes en brouillon
figure-rule-orders-draft = pas encore envoyées
figure-orders-denied = Commandes refusées
figure-rule-orders-denied = par le fournisseur
figure-orders-approved = Commandes approuvées
figure-rule-orders-approved = par le fournisseur, non finalisées
figure-orders-waiting = Commandes en cours
figure-rule-orders-waiting = envoyées, non finalisées
figure-rule-tasks-of-kind = à régler
figure-batches-expiring-later = Périment plus tard
figure-assets-needing-replacement = À remplacer
figure-rule-assets-needing-replacement = équipements marqués ainsi
tasks-by-kind = À régler
take-filter-off = (enlever ce filtre)
shipment-part-not-shipped = Pas encore parties
shipment-part-not-delivered = Pas encore arrivées
shipment-part-due-today = Attendues aujourd’hui
shipment-part-due-this-week = Attendues cette semaine
shipment-part-overdue = En retard
answer-none = Sans réponse
answer-approved = Approuvées
answer-denied = Refusées
