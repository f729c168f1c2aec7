## Conflicting values

task-conflicting-values = Valeurs en conflit
task-conflicting-values-text = Plusieurs appareils, sans se connaître, ont écrit des choses différentes. Rien n’est perdu : choisissez la valeur qui vaut.
tasks-all = Toutes les tâches
conflict-shown = Affichée
conflict-keep = Garder « { $value } »
conflict-take = Prendre « { $value } »
conflict-keep-this = Garder cette valeur
conflict-take-this = Prendre cette valeur
toast-conflict-settled = Réglé : tout le monde verra cette valeur
values-count =
    { $n ->
        [one] { $n } valeur
       *[other] { $n } valeurs
    }
contested-fields = Plusieurs valeurs : { $fields }
value-none = vide
value-stage1 = Stade 1
value-stage2 = Stade 2
value-stage3 = Stade 3, ne pas utiliser
value-stage4 = Stade 4, ne pas utiliser
value-ambient = Ambiant
value-cold = Froid, +2 à +8 °C
value-frozen = Congelé, −25 à −15 °C
value-ultra-cold = Ultra-froid, −80 à −60 °C
problem-stale-conflict = Ce choix n’existe plus
advice-stale-conflict = Quelqu’un l’a réglé entre-temps, ou a écrit autre chose. Regardez ce qui est affiché maintenant et choisissez de nouveau s’il le faut.

## History and past states

history-user = Par
history-everybody = Tout le monde
history-field = Champ
history-all-fields = Tous les champs
history-as-of = Voir au (UTC)
history-look = Afficher
history-past = État au
history-past-text = Ceci est le passé, selon l’horloge des appareils qui l’ont écrit. Rien ne se modifie ci-dessous, mais une valeur peut être rétablie.
history-past-none = Cela n’existait pas encore.
history-now = Revenir à aujourd’hui
history-then = Alors
history-today = Aujourd’hui
history-same = identique
history-not-an-instant = Ce n’est pas une date et une heure.
seen-then = Voir à ce moment
restore-value = Rétablir cette valeur
toast-restored-value = La valeur est rétablie
