## Files that somebody carries between devices

bundle-title = Without a network
bundle-text = Save a file for the other device, carry it on a stick, and load it there. Then bring one back: it tells what has arrived. A file may be late, loaded twice, or lost.
bundle-open = The file is signed, not encrypted: keep the stick as you keep papers.
bundle-save = Save to a file
bundle-save-for = Save a file for { $name }
bundle-file = File from another device
bundle-load = Load the file
bundle-saved = Last file saved
bundle-loaded = Last file loaded
bundle-none-chosen = Choose a file first
bundle-came = { $documents ->
    [0] { $from }: there was nothing new to bring.
    [one] { $from }: one document.
   *[other] { $from }: { $documents } documents.
  }
bundle-news = { $news ->
    [0] All of it was here already.
    [one] One brought something new.
   *[other] { $news } brought something new.
  }
bundle-refused = { $refused } changes were refused and are kept aside, { $parked } wait for others.
bundle-gap = Something before it is missing here. Save a file for the other device and take it there: the next one from there brings it.
bundle-outdated = It was made before the other device was restored.
bundle-return = Now save a file for the other device and take it back: it tells what has arrived.
bundle-complete = Nothing is left to take back.
bundle-goes-on = The file is large and is being loaded. The list below says when it is done.

problem-not-a-bundle = This is not a file of another device
problem-bundle-version = This file was saved by another version of the program
problem-bundle-truncated = The file ends too early
problem-bundle-too-large = The file is too large
problem-bundle-tampered = The file was damaged or changed on the way
problem-bundle-other-system = This file comes from another system
problem-bundle-certificate-expired = The certificate of the device that saved the file is not valid today
problem-bundle-for-other = This file is for another device
problem-bundle-own = This device saved the file itself
problem-bundle-signer-unknown = The device that saved the file is not known here
problem-bundle-signer-revoked = The device that saved the file was revoked
problem-bundle-recipient-unknown = Nobody here knows the device that the file is for
problem-bundle-not-signed = This device has no key to sign a file with
problem-bundle-busy = Another file is being saved or loaded

next-step-choose-bundle = choose a file whose name ends in .tributary, as the other device saved it
next-step-copy-bundle-again = nothing was changed; copy the file again, and wait until it is written before you pull the stick out
next-step-bundle-in-parts = nothing was changed; save a new file on the other device
next-step-save-bundle-again = nothing was changed; have the file saved again on the device that made it, and bring it anew
next-step-bring-bundle-there = nothing was changed; load it on the device it is for, or have one saved for this device
next-step-carry-bundle-on = nothing was changed; load this file on the other device
next-step-bundle-other-system = nothing was changed; the device that saved it belongs to another central server
next-step-bundle-clocks = nothing was changed; check this device’s clock; if it is right, enrol the device that saved the file again
next-step-bundle-signer = nothing was changed; ask central whether the device that saved the file is registered
next-step-bundle-recipient = load a file of that device first, or ask central whether it is registered
next-step-bundle-busy = wait until the other file is done, and try again
