## Conflicting values

task-conflicting-values = Valeurs en conflit
task-conflicting-values-text = Plusieurs appareils, sans se connaître, ont écrit des choses différentes. Rien n’est perdu : choisissez la valeur qui vaut.
tasks-all = Toutes les tâches
conflict-shown = Affichée
conflict-keep = Garder « { $value } »
conflict-take = Prendre « { $value } »
conflict-keep-this = Garder cette valeur
conflict-take-this = Prendre cette valeur
toast-conflict-settled = Réglé : tout le monde verra cette valeur
values-count =
    { $n ->
        [one] { $n } valeur
       *[other] { $n } valeurs
    }
contested-fields = Plusieurs valeurs : { $fields }
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

