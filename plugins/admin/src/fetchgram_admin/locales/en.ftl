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
admin-limit-misunderstood = I do not understand that. For example: 20, or 5 GB
admin-limit-general = As for everybody
admin-limit-links-per-minute = Links a minute
admin-limit-waiting = Downloads in line
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
    { $title }
    <code>{ $url }</code>
admin-story-versions = <i>{ $versions }</i>
admin-story-error = <b>{ $error }</b>
admin-story-code = <code>{ $what }</code>
admin-story-log =
    Log:
    <code>{ $what }</code>
admin-story-job = 📥 The job
admin-story-who = 👤 The person
admin-story-others = 🧯 Others of this kind
