### English sentences of the admin panel; the rules of the core's catalogue hold.

admin-help = The admin panel
admin-audit-help = Who changed what
admin-home =
    🛠 <b>Admin panel</b>
    You are { $role }.
admin-role-viewer = a viewer: you see everything and change nothing
admin-role-moderator = a moderator: you look after people and jobs
admin-role-admin = an admin
admin-role-owner = an owner
admin-back = ⬅️ Back
admin-older = Older ▶️
admin-newer = ◀️ Newer
admin-next = Next ▶️
admin-previous = ◀️ Previous

## Audit log

admin-audit = 📜 Audit
admin-audit-title = 📜 <b>Audit log</b>
admin-audit-empty =
    📜 <b>Audit log</b>
    Nobody has changed anything yet.
admin-audit-entry =
    {"\u000A"}{ MOMENT($at) } · <b>{ $who }</b>
    { $action }{ HAS($target) ->
        [yes] {" "}→ { $target }
       *[no] {""}
    }
admin-audit-change = { HAS($name) ->
    [yes] {"\u2003"}{ $name }: { $before } → { $after }
   *[no] {"\u2003"}{ $before } → { $after }
}

## Statistics

admin-statistics = 📊 Statistics
admin-statistics-title = 📊 <b>Statistics</b>
admin-statistics-people = 👥 { $total } people; here in the last 24 hours: { $today }, 7 days: { $week }, 30 days: { $month }
admin-statistics-files = 📦 Last 24 hours: { $done } came, { $failed } failed, { $cancelled } taken back
admin-statistics-success = ✅ { PERCENT($part) } went well
admin-statistics-open = ⏳ Under way: { $count }

## People

admin-people = 👥 People
admin-people-title = 👥 <b>People</b> · { $of }: { $total }
admin-people-all = Everybody
admin-people-staff = 🛡 Staff
admin-people-banned = 🚫 Banned
admin-people-invited = 🎟 Invited
admin-people-entry =
    { $mark } { $name }{ HAS($username) ->
        [yes] {" "}{ $username }
       *[no] {""}
    } · { WAIT($ago) } ago
admin-people-search = 🔎 Search
admin-people-search-ask = 🔎 Send a number, a username, or the beginning of a name. Or forward a message of the person.
admin-people-found = 🔎 Found for “{ $words }”:
admin-people-nobody = 🔎 Nobody who was here is called “{ $words }”.
admin-card-unknown = Nobody with the number <code>{ PLAIN($id) }</code> was ever here.
admin-card-title = 👤 <b>{ $name }</b> · { $role }
admin-card-id =
    <code>{ PLAIN($id) }</code>{ HAS($username) ->
        [yes] {" "}· { $username }
       *[no] {""}
    } · 🌐 { $language }
admin-card-seen =
    First here: { MOMENT($first) }
    Last here: { MOMENT($last) }
admin-card-usage =
    Last { $days } days: { $downloads ->
        [one] one download
       *[other] { $downloads } downloads
    }, { SIZE($size) }
admin-card-more =
    Failed: { $failures }{ HAS($waiting) ->
        [yes] {" "}· on the way: { $waiting }
       *[no] {""}
    }
admin-card-banned =
    🚫 Banned { HAS($until) ->
        [yes] until { MOMENT($until) }
       *[no] for ever
    }{ HAS($reason) ->
        [yes] : { $reason }
       *[no] {""}
    }
admin-card-blocked = 💤 Has blocked the bot
admin-card-invited = 🎟 Invited
admin-card-limit = 🎚 { $name }: { $value }
admin-card-history = 📜 History
admin-role-name-user = no role
admin-role-name-viewer = viewer
admin-role-name-moderator = moderator
admin-role-name-admin = admin
admin-role-name-owner = owner
admin-write = ✉️ Write
admin-write-ask = ✉️ What shall I tell them? It comes in the name of the admins.
admin-write-done = ✅ Your message has arrived.
admin-write-failed = ❌ { $error }
admin-invite = 🎟 Invite
admin-uninvite = 🎟 Take back the invitation

## Bans

admin-ban = 🚫 Ban
admin-unban = ✅ Unban
admin-ban-how-long = 🚫 For how long?
admin-ban-for = { WAIT($time) }
admin-ban-for-ever = For ever
admin-ban-other = ✏️ Other
admin-ban-why = 🚫 Why? The person reads it once. Send the reason, or ban without one.
admin-ban-without = Without a reason
admin-span-ask = ✏️ For how long? For example: 3 days, 12 h, 2 weeks
admin-span-misunderstood = I do not understand that. For example: 3 days, 12 h, 2 weeks

## Limits of one person

admin-limits = 🎚 Limits
admin-limits-title =
    🎚 <b>Limits of { $name }</b>
    Tap one to change it.
admin-limit-own = ✅ { $name }: { $value }
admin-limit-of-all = { $name }: { $value }
admin-limit-none = any
admin-limit-count = { $value }
admin-limit-bytes = { SIZE($value) }
admin-limit-ask = ✏️ { $name }: how much? A number, with a unit for sizes (5 GB); 0 is no limit.
admin-limit-ask-some = ✏️ { $name }: how much? At least 1, with a unit for sizes (5 GB).
admin-limit-misunderstood = I do not understand that. For example: 20, or 5 GB
admin-limit-general = As for everybody
admin-limit-links-per-minute = Links a minute
admin-limit-links-per-message = Links in one message
admin-limit-running = Downloads at once
admin-limit-waiting = Downloads in line
admin-limit-list-items = Items of a list
admin-limit-file-max = Largest download
admin-limit-jobs-per-hour = Downloads an hour
admin-limit-jobs-per-day = Downloads a day
admin-limit-bytes-per-hour = Size an hour
admin-limit-bytes-per-day = Size a day
admin-limit-minutes-per-hour = Minutes of media an hour
admin-limit-minutes-per-day = Minutes of media a day

## Roles

admin-staff-appoint = ➕ Appoint
admin-staff-role = 🛡 Role
admin-appoint-ask = 🛡 Whom? Send the person's number or contact, or forward a message of theirs. A name is not enough: anybody can take it.
admin-appoint-no-number =
    That does not lead to a person. Send their number or contact, or forward a message of theirs. Whoever hides their account when
    forwarded must be found by number.
admin-role-which =
    🛡 <b>{ $name }</b> (<code>{ PLAIN($id) }</code>): { $role }
    Which role?
admin-role-choose-admin = Admin: everything but appointing others
admin-role-choose-moderator = Moderator: people and jobs
admin-role-choose-viewer = Viewer: sees everything
admin-role-choose-user = No role

## Who is let in

admin-access = 🚪 Access
admin-access-open = 🚪 <b>Access</b>: open to everybody.
admin-access-private = 🚪 <b>Access</b>: private. Only staff and who is invited are let in.
admin-access-close = 🔒 Make it private
admin-access-open-up = 🔓 Open it to everybody
admin-access-channel = 📣 Only members of a channel
admin-access-channel-off = 📣 No channel needed any more
admin-access-channel-is = 📣 One must be a member of { $channel }.
admin-access-channel-ask = 📣 Which one? Send its @name or number. I must be an admin there, or I cannot see its members.
admin-access-invites = 🎟 Invitations
admin-invites-title = 🎟 <b>Invitations</b>
admin-invites-none =
    🎟 <b>Invitations</b>
    There is none. Whoever opens the link of one is let in.
admin-invite-made = ✅ Pass this on: { $link }
admin-invite-line =
    <code>{ $code }…</code> for { $left ->
        [one] one person
       *[other] { $left } people
    }, until { MOMENT($until) }
admin-invite-offer =
    ➕ { $people ->
        [one] One person
       *[other] { $people } people
    }, { WAIT($time) }
admin-invite-revoke = ✖️ Take back { $code }…

## Jobs

admin-refresh = 🔄 Refresh
admin-jobs = 📥 Jobs
admin-jobs-title = 📥 <b>Jobs</b> · at work: { $running } · waiting: { $waiting }
admin-jobs-top = ⏫ To the front
admin-jobs-further = Further ▶️
admin-job-entry-running =
    ▶️ { $title } · { $plugin } · { $person }{ HAS($others) ->
        [yes] {" "}+{ $others }
       *[no] {""}
    } · { $stage } { WAIT($time) }
admin-job-entry-queued =
    ⏳ { $title } · { $plugin } · { $person }{ HAS($others) ->
        [yes] {" "}+{ $others }
       *[no] {""}
    } · { WAIT($time) }
admin-job-entry-waiting =
    🔁 { $title } · { $plugin } · { $person }{ HAS($others) ->
        [yes] {" "}+{ $others }
       *[no] {""}
    } · { WAIT($time) }
admin-stage-download = downloading
admin-stage-post-process = processing
admin-stage-deliver = sending
admin-state-queued = waits for its turn
admin-state-running = at work
admin-state-waiting = waits for another try
admin-state-done = done
admin-state-failed = failed
admin-state-cancelled = stopped
admin-job-unknown = There is no job { PLAIN($id) } any more.
admin-job-title = 📥 <b>Job { PLAIN($id) }</b>: { $title }
admin-job-state =
    State: { $state } ({ $stage }), try { $attempt }{ HAS($worker) ->
        [yes] {" "}· <code>{ $worker }</code>
       *[no] {""}
    }
admin-job-what = { $plugin } · { $choice } · since { MOMENT($at) }
admin-job-link = <code>{ $url }</code>
admin-job-person = 👤 { $name } <code>{ PLAIN($id) }</code>
admin-job-not-before = Next try: { MOMENT($at) }
admin-job-error =
    ⚠️ { $error }{ HAS($number) ->
        [yes] {" "}<code>{ $number }</code>
       *[no] {""}
    }
admin-job-cancel = ✖️ Stop
admin-job-front = ⏫ Next
admin-job-retry = 🔁 Run again
admin-job-story = 🔍 Why
admin-job-stopping = ✅ It stops now.
admin-job-again = ✅ It is run again.
admin-job-is-next = ✅ It is the next one.

## Failures

admin-failures = 🧯 Failures
admin-error-help = All about an error number
admin-failures-title =
    🧯 <b>Failures</b>
    Last 24 hours, and the 24 hours before.
admin-failures-none =
    🧯 <b>Failures</b>
    Nothing has failed in the last two days.
admin-failures-group = { $trend } { $plugin } · { $reason }: { $today } (before: { $yesterday })
admin-failures-of = 🧯 <b>{ $plugin }</b> · { $reason }
admin-failures-number = { $number } · { MOMENT($at) }
admin-failures-search = 🔎 Look up a number
admin-failures-ask = 🔎 Which error number? For example: 7KQ2MD
admin-failures-unknown = There is no failure with the number “{ $number }”, or not any more.
admin-story-title = 🧯 <b>{ $number }</b> · { $kind }
admin-failed-request = a link that came to nothing
admin-failed-job = a job that failed
admin-failed-delivery = a file that could not be sent
admin-failed-screen = a mistake of a command
admin-story-when =
    { MOMENT($at) } · { $plugin }{ HAS($stage) ->
        [yes] {" "}· { $stage }
       *[no] {""}
    }
admin-story-reason = Reason: { $reason }
admin-story-person = 👤 { $name } <code>{ PLAIN($id) }</code>
admin-story-link =
    { HAS($title) ->
        [yes] { $title }{"\u000A"}
       *[no] {""}
    }<code>{ $url }</code>
admin-story-versions = <i>{ $versions }</i>
admin-story-error = <b>{ $error }</b>
admin-story-code = <code>{ $what }</code>
admin-story-log =
    Log:
    <code>{ $what }</code>
admin-story-job = 📥 The job
admin-story-who = 👤 The person
admin-story-others = 🧯 Others of this kind

## Broadcasts

admin-broadcast = 📣 Broadcasts
admin-broadcast-title =
    📣 <b>Broadcasts</b>
    One message to many people.
admin-broadcast-none =
    📣 <b>Broadcasts</b>
    One message to many people. There was none so far.
admin-broadcast-new = ✏️ New message
admin-broadcast-listed = { $mark } { PLAIN($id) } · { MOMENT($at) } · { $done } of { $total }
admin-broadcast-listed-draft = { $mark } { PLAIN($id) } · { MOMENT($at) } · draft
admin-broadcast-compose =
    ✏️ Send me the message now: text, picture, album, video, voice, sticker, poll, anything.
    People get a copy of exactly what you send. Do not delete it before all of them have it.
admin-broadcast-draft = ✏️ <b>Message { PLAIN($id) }</b> is a draft
admin-broadcast-to = 👥 To: { $to }
admin-broadcast-forecast =
    { $people ->
        [0] Nobody is meant by that now
        [one] One person
       *[other] { $people } people
    } · takes about { WAIT($seconds) }
admin-broadcast-album =
    🖼 An album of { $count }; it goes out as one message. Telegram puts no buttons under albums: who wants no more news types /stop.
admin-broadcast-link = 🔗 { $label } → { $url }
admin-broadcast-preview-button = 👁 Preview
admin-broadcast-ask-start-button = 🚀 Send …
admin-broadcast-whom-button = 👥 To whom
admin-broadcast-buttons-button = 🔗 Buttons
admin-broadcast-no-buttons-button = ✖️ Without buttons
admin-broadcast-discard-button = 🗑 Discard
admin-broadcast-languages-button = 🌐 Language ▸
admin-broadcast-platforms-button = 🧩 Platform ▸
admin-broadcast-start-button =
    🚀 Send to { $people ->
        [one] one person
       *[other] { $people } people
    }
admin-broadcast-group = { $name } · { $count }
admin-broadcast-discarded = 🗑 The draft is gone.
admin-broadcast-nobody = Nobody is meant by that now. Choose other people first.
admin-broadcast-ask-buttons =
    🔗 Type the buttons, one row in each line:
    <code>Read more - https://example.org</code>
    <code>Website - https://example.org | Help - https://example.org/help</code>
admin-broadcast-buttons-again =
    { $error }
    Please type all buttons again, as <code>Read more - https://example.org</code>.
admin-broadcast-ask-whom = 👥 Who shall get it? People who want no news, who blocked the bot or who are banned never do.
admin-broadcast-ask-language = 🌐 People who read …
admin-broadcast-ask-platform = 🧩 People who sent links of … lately
admin-broadcast-no-groups = There is nothing to choose from yet.
admin-broadcast-ask-start =
    🚀 Send it to { $people ->
        [one] one person
       *[other] { $people } people
    }? It takes about { WAIT($seconds) }. You can pause and stop it at any time.
admin-circle-all = everybody
admin-circle-active =
    active { $days ->
        [one] today
       *[other] in { $days } days
    }
admin-circle-language = who reads { $value }
admin-circle-platform = who uses { $value }
admin-circle-admins = admins
admin-circle-myself = only me
admin-broadcast-headline = 📣 <b>Message { PLAIN($id) }</b> { $state }
admin-broadcast-state-draft = is a draft
admin-broadcast-state-running = is going out
admin-broadcast-state-paused = is paused
admin-broadcast-state-stopped = was stopped
admin-broadcast-state-done = has gone out
admin-broadcast-bar = <code>{ $bar }</code> { $done } of { $total }
admin-broadcast-counts =
    ✅ { $delivered } delivered{ HAS($blocked) ->
        [yes] {"\u000A"}🚫 { $blocked } have blocked the bot
       *[no] {""}
    }{ HAS($gone) ->
        [yes] {"\u000A"}👻 { $gone } accounts are gone
       *[no] {""}
    }{ HAS($failed) ->
        [yes] {"\u000A"}❌ { $failed } failed
       *[no] {""}
    }{ HAS($uncertain) ->
        [yes] {"\u000A"}❓ { $uncertain } uncertain: they may have it, and do not get it again
       *[no] {""}
    }
admin-broadcast-left = ⏳ About { WAIT($seconds) } left
admin-broadcast-not-reached =
    { $left ->
        [one] One person did not get it
       *[other] { $left } people did not get it
    }: it was stopped, or they left meanwhile.
admin-broadcast-reason = ⚠️ It paused by itself: { $reason }
admin-broadcast-deleting = 🗑 Deleting: { $deleted } of { $total } …
admin-broadcast-deleted =
    🗑 Deleted for { $deleted ->
        [one] one person
       *[other] { $deleted } people
    }{ HAS($kept) ->
        [yes] , { $kept } could not be deleted any more
       *[no] {""}
    }.{ HAS($uncertain) ->
        [yes] {" "}❓ { $uncertain } uncertain: whoever got one of those keeps it, since nobody knows its number.
       *[no] {""}
    }
admin-broadcast-pause = ⏸ Pause
admin-broadcast-resume = ▶️ Go on
admin-broadcast-stop = ⏹ Stop
admin-broadcast-withdraw = 🗑 Delete for everyone
admin-broadcast-ask-stop =
    ⏹ Stop it for good? { $left ->
        [one] One person has
       *[other] { $left } people have
    } not got it yet.
admin-broadcast-ask-withdraw =
    🗑 Delete it again for { $people ->
        [one] one person
       *[other] { $people } people
    }? There is no way back.
## Plugins

admin-plugins = 🧩 Plugins
admin-plugins-help = The plugins, on and off
admin-plugins-title = 🧩 <b>Plugins</b>
admin-plugin-line =
    { $mark } <b>{ $name }</b>{ HAS($total) ->
        [yes] {" "}· { PERCENT($rate) } of { $total } went well
       *[no] {""}
    }{ $trouble ->
        [failed] {" "}· failed
        [paused] {" "}· rests
        [disabled] {" "}· off
       *[active] {""}
    }
admin-plugin-button = { $mark } { $name }
admin-plugin-card =
    { $mark } <b>{ $name }</b>{ HAS($version) ->
        [yes] {" "}{ $version }
       *[no] {""}
    }
admin-plugin-is-active = It works.
admin-plugin-is-paused = It had too many failures and rests; it is tried again by itself.
admin-plugin-is-failed = It could not be started.
admin-plugin-is-disabled = It is switched off.
admin-plugin-changed = ✏️ An admin changed it.
admin-plugin-error = <code>{ $error }</code>
admin-plugin-day = { HAS($total) ->
    [yes] Last 24 hours: ✅ { $done } · ❌ { $failed } ({ PERCENT($rate) } went well)
   *[no] Last 24 hours: nobody asked.
}
admin-plugin-core = 🔒 It is a part of the core and cannot be switched off.
admin-plugin-later = 🔁 Changes hold after a restart.
admin-plugin-pending = ⏳ What was changed holds after a restart.
admin-plugin-hooks = Takes part in: { $hooks }
admin-plugin-settings = ⚙️ Settings
admin-plugin-enable = ▶️ Switch on
admin-plugin-disable = ⏸ Switch off
admin-plugin-resume = ▶️ Try now
admin-plugin-again = 🔁 Try again

## Settings of plugins

admin-core = ⚙️ Settings
admin-core-title =
    ⚙️ <b>Settings</b>
    Those of the core hold from a start on: they are changed in fetchgram.toml or the environment. Those of plugins are changed here.
admin-core-plugins = 🧩 Settings of plugins
admin-core-of = ⚙️ <b>{ $section }</b>
admin-core-line =
    { $name }: <b>{ $value }</b>{ $origin ->
        [file] {" "}· 📄 file
        [environment] {" "}· 🌱 environment
       *[default] {""}
    }
admin-settings-title = ⚙️ <b>Settings of { $plugin }</b>
admin-settings-none =
    ⚙️ <b>Settings of { $plugin }</b>
    It has none.
admin-setting-button =
    { HAS($changed) ->
        [yes] ✏️{" "}
       *[no] {""}
    }{ $name }: { $value }
admin-setting-card =
    ⚙️ { $plugin } · <b>{ $name }</b>{ HAS($about) ->
        [yes] {"\u000A"}{ $about }
       *[no] {""}
    }
admin-setting-value =
    {"\u000A"}Now: <b>{ $value }</b>{ HAS($changed) ->
        [yes] {" "}✏️ changed by an admin
       *[no] {""}
    }
admin-setting-default = Default: { $value }
admin-setting-bounds =
    { HAS($least) ->
        [yes] At least { $least }{ HAS($most) ->
            [yes] , at most { $most }
           *[no] {""}
        }
       *[no] At most { $most }
    }
admin-setting-fixed = 🔒 It is set in the configuration only.
admin-setting-change = ✏️ Change
admin-setting-none = 🚫 None
admin-setting-reset = ↩️ Back to the configuration
admin-setting-ask = ✏️ <b>{ $name }</b>
admin-setting-ask-number = Send me the new number.
admin-setting-ask-size = Send me the new size, like 25 MB.
admin-setting-ask-text = Send me the new text.
admin-setting-ask-list = Send me the new list, separated by commas.
admin-setting-ask-secret = 🔑 Send me the new secret. I remove your message from the chat at once.
admin-plain = { $value }
admin-switch-on = ✅ On
admin-switch-off = ❌ Off
admin-value-on = on
admin-value-off = off
admin-value-unset = none
admin-value-secret = 🔑 set
admin-value-zero = 0: { $meaning }
admin-value-size = { SIZE($size) }
admin-value-number =
    { $number }{ HAS($unit) ->
        [yes] {" "}{ $unit }
       *[no] {""}
    }

## Maintenance

admin-upkeep = 🔧 Maintenance
admin-upkeep-title = 🔧 <b>Maintenance</b>
admin-upkeep-open-now = 🟢 Links are taken.
admin-upkeep-closed =
    🟡 Nothing new is taken from people; what runs ends.{ HAS($why) ->
        [yes] {"\u000A"}They read: “{ $why }”
       *[no] {""}
    }
admin-upkeep-level = 📝 Log level: { $level }
admin-upkeep-close = 🚧 Close
admin-upkeep-open = ✅ Open
admin-upkeep-why =
    {"\u000A"}✍️ Send me what people shall read besides, for instance when you will be back. Or just leave it.
admin-upkeep-logs = 📝 Log level
admin-upkeep-clean = 🧹 Clean up
admin-upkeep-cleaned = {"\u000A"}🧹 Cleaned up: { $count } things are gone.
admin-upkeep-removed = · { $what }: { $count }
admin-upkeep-purge = 🗑 Empty the cache
admin-upkeep-purge-sure =
    🗑 <b>Empty the cache?</b>
    Files that were sent before are then fetched anew when somebody asks for them.
admin-upkeep-purged = {"\u000A"}🗑 { $count } files were forgotten.
admin-upkeep-restart = 🔁 Restart
admin-upkeep-restart-sure =
    🔁 <b>Restart the bot?</b>
    What runs goes on afterwards. It comes back only if something starts it again: systemd, Docker.
admin-upkeep-restarting = 🔁 Restarting. It takes some seconds.
admin-upkeep-backup = 💾 Copy
admin-upkeep-tables = 📄 Tables
admin-upkeep-tables-title = 📄 <b>Which table shall I send?</b>
admin-upkeep-file = 📎 { $name } · { SIZE($size) }
admin-upkeep-too-large =
    It is larger than the { SIZE($limit) } that I can send. You find it on the machine:
    <code>{ $path }</code>
admin-upkeep-private = 🔒 Such files come in our private chat only.

## Health

admin-health = 🩺 Health
admin-health-help = How everything is
admin-health-title = 🩺 <b>Health</b> · 🟢 { $ok } · 🟡 { $warning } · 🔴 { $failing }
admin-health-line = { $light } <b>{ $name }</b>: { $detail }
admin-health-again = 🔄 Look again
