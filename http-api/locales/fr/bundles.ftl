## Fichiers que quelqu’un porte d’un appareil à l’autre

bundle-title = Sans réseau
bundle-text = Enregistrez un fichier pour l’autre appareil, portez-le sur une clé et chargez-le là-bas. Rapportez-en ensuite un : il dit ce qui est arrivé. Un fichier peut être en retard, chargé deux fois ou perdu.
bundle-open = Le fichier est signé, pas chiffré : gardez la clé comme vous gardez des papiers.
bundle-save = Enregistrer un fichier
bundle-save-for = Enregistrer un fichier pour : { $name }
bundle-file = Fichier d’un autre appareil
bundle-load = Charger le fichier
bundle-saved = Dernier fichier enregistré
bundle-loaded = Dernier fichier chargé
bundle-none-chosen = Choisissez d’abord un fichier
bundle-came = { $documents ->
    [0] { $from } : il n’y avait rien de nouveau à apporter.
    [one] { $from } : un document.
   *[other] { $from } : { $documents } documents.
  }
bundle-news = { $news ->
    [0] Tout était déjà ici.
    [one] Un seul apportait du nouveau.
   *[other] { $news } apportaient du nouveau.
  }
bundle-refused = { $refused } modifications ont été refusées et sont mises de côté, { $parked } en attendent d’autres.
bundle-gap = Il manque ici quelque chose d’antérieur. Enregistrez un fichier pour l’autre appareil et portez-le là-bas : le prochain qui en vient l’apporte.
bundle-outdated = Il date d’avant la restauration de l’autre appareil.
bundle-return = Enregistrez maintenant un fichier pour l’autre appareil et rapportez-le : il dit ce qui est arrivé.
bundle-complete = Il ne reste rien à rapporter.
bundle-goes-on = Le fichier est grand, son chargement continue. La liste ci-dessous dit quand il est fini.

problem-not-a-bundle = Ce n’est pas un fichier d’un autre appareil
problem-bundle-version = Ce fichier vient d’une autre version du programme
problem-bundle-truncated = Le fichier s’arrête trop tôt
problem-bundle-too-large = Le fichier est trop grand
problem-bundle-tampered = Le fichier a été abîmé ou modifié en chemin
problem-bundle-other-system = Ce fichier vient d’un autre système
problem-bundle-certificate-expired = Le certificat de l’appareil qui a enregistré le fichier n’est pas valable aujourd’hui
problem-bundle-for-other = Ce fichier est pour un autre appareil
problem-bundle-own = Cet appareil a enregistré le fichier lui-même
problem-bundle-signer-unknown = L’appareil qui a enregistré le fichier n’est pas connu ici
problem-bundle-signer-revoked = L’appareil qui a enregistré le fichier a été révoqué
problem-bundle-recipient-unknown = Personne ici ne connaît l’appareil auquel le fichier est destiné
problem-bundle-not-signed = Cet appareil n’a pas de clé pour signer un fichier
problem-bundle-busy = Un autre fichier est en cours

next-step-choose-bundle = choisissez un fichier dont le nom finit par .tributary, tel que l’autre appareil l’a enregistré
next-step-copy-bundle-again = rien n’a changé ; copiez le fichier à nouveau, et attendez qu’il soit écrit avant de retirer la clé
next-step-bundle-in-parts = rien n’a changé ; enregistrez un nouveau fichier sur l’autre appareil
next-step-save-bundle-again = rien n’a changé ; faites enregistrer le fichier à nouveau sur l’appareil d’où il vient, et rapportez-le
next-step-bring-bundle-there = rien n’a changé ; chargez-le sur l’appareil auquel il est destiné, ou faites-en enregistrer un pour cet appareil
next-step-carry-bundle-on = rien n’a changé ; chargez ce fichier sur l’autre appareil
next-step-bundle-other-system = rien n’a changé ; l’appareil qui l’a enregistré appartient à un autre serveur central
next-step-bundle-clocks = rien n’a changé ; vérifiez l’horloge de cet appareil ; si elle est juste, inscrivez à nouveau l’appareil qui a enregistré le fichier
next-step-bundle-signer = rien n’a changé ; demandez au niveau central si l’appareil qui a enregistré le fichier est inscrit
next-step-bundle-recipient = chargez d’abord un fichier de cet appareil, ou demandez au niveau central s’il est inscrit
next-step-bundle-busy = attendez que l’autre fichier soit fini, et réessayez
