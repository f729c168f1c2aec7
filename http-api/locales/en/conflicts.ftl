## Conflicting values

task-conflicting-values = Conflicting values
task-conflicting-values-text = It was written differently on several devices that did not know of each other. Nothing is lost: choose what holds.
tasks-all = All tasks
conflict-shown = Shown now
conflict-keep = Keep “{ $value }”
conflict-take = Take “{ $value }”
conflict-keep-this = Keep this value
conflict-take-this = Take this value
toast-conflict-settled = Settled: everybody will see this value
values-count =
    { $n ->
        [one] { $n } value
       *[other] { $n } values
    }
contested-fields = Several values: { $fields }
value-none = empty
value-stage1 = Stage 1
value-stage2 = Stage 2
value-stage3 = Stage 3, do not use
value-stage4 = Stage 4, do not use
value-ambient = Ambient
value-cold = Cold, +2 to +8 °C
value-frozen = Frozen, −25 to −15 °C
value-ultra-cold = Ultra-cold, −80 to −60 °C
problem-stale-conflict = This choice is no longer there
advice-stale-conflict = Somebody settled it meanwhile, or wrote something else. Look at what is shown now and choose again if it is needed.

## History and past states

history-user = By
history-everybody = Everybody
history-field = Field
history-all-fields = All fields
history-as-of = As of (UTC)
history-look = Show
history-past = As it was on
history-past-text = This is the past, by the clocks of the devices that wrote it. Nothing below can be changed, but a value can be restored.
history-past-none = It did not exist yet.
history-now = Back to today
history-then = Then
history-today = Today
history-same = the same
history-not-an-instant = This is not a day and time.
seen-then = See it as of then
restore-value = Restore this value
toast-restored-value = The value is as it was
