### English, complete: every other language falls back to it, key by key.
###
### Parameters are foreign text unless they are numbers or texts of a catalogue; markup (<b> <i> <code> <a href>) is
### read here only. Functions: SIZE (bytes), SPEED (bytes a second), DURATION (seconds, as 1:30), WAIT (seconds, as
### 2 min), PERCENT (0-100), PLAIN (a whole number without grouping), MOMENT (seconds since 1970, as day and time), HAS
### (yes, unless empty or 0).

## Greeting and help

start =
    👋 <b>Hi! Send me a link.</b>

    I look at what is behind it, you pick the quality, and I send you the file. Size and way are on the button before you tap it.

    /help tells more.
help =
    <b>How it works</b>

    1. Send a link, or several in one message. Captions, replies and forwarded messages work too.
    2. Tap what you want: a quality, only the sound, or a picture. Of a playlist or channel, tick the items first.
    3. Wait for the file. You can cancel at any time.

    A video, a song or a picture of your own can be made smaller or turned into something else: send it to me.

    Your buttons are yours alone: in a group nobody else can press them.
help-start = What this bot does
help-help = How to use it
not-a-link = 🔗 I need a link that begins with https:// or http://.
too-many-links = { $limit ->
    [one] I take one link from a message. Please send the others separately.
   *[other] I take { $limit } links from a message. Please send the others separately.
}

## The card and its menu

ack-looking = 🔎 Having a look …
card =
    <b>{ $title }</b>{ HAS($author) ->
        [yes] {"\u000A"}👤 { $author }
       *[no] {""}
    }{ HAS($duration) ->
        [yes] {"\u000A"}⏱ { DURATION($duration) }
       *[no] {""}
    }
choice-video =
    🎬 { PLAIN($height) }p{ HAS($fps) ->
        [yes] { PLAIN($fps) }
       *[no] {""}
    }{ HAS($hdr) ->
        [yes] {" "}HDR
       *[no] {""}
    }
choice-audio = 🎵 Audio
choice-image = 🖼 Picture
choice-thumbnail = 🖼 Thumbnail
choice-album = 🗂 Album
choice-file = 📄 File
choice-best = ⭐ Best
choice-best-everywhere = ⭐ Best for every phone
card-may-not-play = 📱 Older phones may not play { $names }.
size-exact = { SIZE($size) }
size-about = ≈ { SIZE($size) }
size-unknown = size unknown

## Ways to the chat

route-cache = ⚡ at once
route-botapi = sent by the bot
route-mtproto = large file
route-mtproto-down = The way for large files is interrupted at the moment.
route-relay = very large file
route-relay-down = The way for very large files is interrupted at the moment.
route-relay-no-login = The way for very large files is closed at the moment.
route-split = in parts
route-none = { HAS($limit) ->
    [yes] Too large: { SIZE($limit) } is the most that I can send
   *[no] I cannot send this
}

## Buttons

button-cancel = ✖️ Cancel
button-retry = 🔁 Try again
button-hurry = 🔁 Try now
button-send-again = 📤 Send again
button-back = ⬅️ Back

## Progress

status-queued =
    { $place ->
        [0] ⏳ Starting soon …
        [1] ⏳ You are next in line.
       *[other] ⏳ Number { $place } in line, { $running } running.
    }{ HAS($wait) ->
        [yes] {" "}It starts in about { WAIT($wait) }.
       *[no] {""}
    }
status-download = ⬇️ Downloading
status-process = ⚙️ Processing
status-upload = ⬆️ Sending
status-progress =
    <code>{ $bar }</code>{ HAS($total) ->
        [yes] {" "}{ PERCENT($percent) }
       *[no] {""}
    }{"\u000A"}{ SIZE($done) }{ HAS($total) ->
        [yes] {" "}of { SIZE($total) }
       *[no] {""}
    }{ HAS($speed) ->
        [yes] {" "}· { SPEED($speed) }
       *[no] {""}
    }{ HAS($eta) ->
        [yes] {" "}· { DURATION($eta) } left
       *[no] {""}
    }
status-share =
    <code>{ $bar }</code> { PERCENT($percent) }{ HAS($eta) ->
        [yes] {" "}· { DURATION($eta) } left
       *[no] {""}
    }
status-retrying = 🔁 Trying again in { WAIT($seconds) }.
status-no-room = 💾 My disk is full right now. Your download waits, and starts by itself as soon as there is room.
status-done = ✅ Done
status-cancelled = ✖️ Cancelled
status-uncertain =
    ❓ The connection broke while I was sending. Please look whether it arrived; if not, tap “Send again”.{ HAS($number) ->
        [yes] {"\u000A"}Error number <code>{ $number }</code>
       *[no] {""}
    }
status-failed =
    ❌ { $error }{ HAS($number) ->
        [yes] {"\u000A"}Error number <code>{ $number }</code>
       *[no] {""}
    }

## Passing notices

toast-not-yours = These buttons belong to somebody else.
toast-expired = These buttons are too old. Please send the link again.
toast-cancelled = Cancelled
toast-queued = Got it!
toast-choice-gone = This choice is no longer there. Here is what there is now.

## Limits of one person

limit-links = { $limit ->
    [one] ⏳ Slow down, please: one link a minute. The next one is welcome in { WAIT($wait) }.
   *[other] ⏳ Slow down, please: { $limit } links a minute. The next one is welcome in { WAIT($wait) }.
}
limit-waiting = { $limit ->
    [one] ⏳ You have a download in line. The next one is welcome as soon as it has begun.
   *[other] ⏳ You have { $limit } downloads in line. The next one is welcome as soon as one of them has begun.
}
limit-line = { HAS($wait) ->
    [yes] 🚦 There are { $count } downloads in line already, for about { WAIT($wait) }. Please try again then.
   *[no] 🚦 There are { $count } downloads in line already. Please try again later.
}
limit-count = 📦 That were { $limit } downloads in { WAIT($window) }, and that is the most. The next one is possible in { WAIT($wait) }.
limit-bytes = 📦 You have used your { SIZE($limit) } for { WAIT($window) }. The next download is possible in { WAIT($wait) }.
limit-minutes = 📦 You have used your { $limit } minutes of media for { WAIT($window) }. The next download is possible in { WAIT($wait) }.

## Lists

list-empty = There is nothing in this list.
list-nothing-picked = Pick something first.
list-limit = { $limit ->
    [one] One item at a time is the most.
   *[other] { $limit } items at a time are the most.
}

## Errors: the link

error-unsupported = I do not know what to do with this link.
error-gone = This is not there any more.
error-private = This is private.
error-geo = This cannot be seen from the country where I am.
error-age = This is for adults who are logged in, and I am not.
error-login = This can be seen only after a login, and I have none.
error-members = This is for paying members only.
error-live = This is live right now. Please send the link again when it is over.
error-upcoming = This has not begun yet. Please send the link again when it is over.
error-upcoming-at = This begins at { $at }. Please send the link again when it is over.
error-bot-check = The site wants proof that I am human. Please try again later.
error-account = The account behind this link is closed or suspended.
error-no-media = There is no video, sound or picture behind this link.
error-no-sound = There is no sound in this.
error-list-in-list = This is a list of its own. Please send its link by itself.
error-forbidden-address = I do not open addresses of private networks.
error-unreachable = The site cannot be reached.
error-drm = This is copy-protected.
error-protocol = The site sends this in a way that I do not support.
error-choice-gone = This choice is no longer there. Please pick another one.

## Errors: size and limits

error-too-large = This is too large: { SIZE($size) }, and { SIZE($limit) } is the most that I can take.
error-too-large-unknown = This is too large: { SIZE($limit) } is the most that I can take.
maintenance =
    🚧 I am being looked after, and take nothing new for the moment. What is under way still comes.{ HAS($why) ->
        [yes] {"\u000A\u000A"}{ $why }
       *[no] {""}
    }
backup-postgres =
    💾 The database is PostgreSQL. Copy it on the machine, with its own tool:
    <code>pg_dump --format=custom --exclude-table-data=inbox --file=fetchgram.dump …</code>
health-ok = 🟢 <b>{ $name }</b> is well again: { $detail }
health-warning = 🟡 <b>{ $name }</b>: { $detail }
health-failing = 🔴 <b>{ $name }</b>: { $detail }
error-limit = You have reached your limit for now. Please try again later.
error-not-allowed = You may not do this.

## Errors: delivery

error-cannot-deliver = I have the file, but I cannot send it to this chat.
error-blocked = I am not allowed to write in this chat.
error-uncertain = The connection broke while I was sending, so it may or may not have arrived.

## Errors: ours

error-internal = Something went wrong on my side. Sorry!
error-temporary = The site does not answer properly right now. Please try again later.
error-disk-full = I have no room left. Please try again later.
error-timeout = This took too long, so I stopped.
error-crashes = This has brought me down { PLAIN($times) } times, so I gave it up.
error-ffmpeg = The file could not be processed.
error-plugin = “{ $plugin }” made a mistake. Sorry!
error-plugin-paused = “{ $plugin }” had too many failures and is resting. Please try again later.
error-plugin-missing = “{ $plugin }” is not available here any more.
error-plugin-off = 😴 “{ $plugin }” is switched off here for the moment. Please try again another time.
error-plugin-not-changed = ⚠️ “{ $plugin }” stays as it was: { $reason }
error-setting = ⚠️ <b>{ $setting }</b> stays as it was: { $reason }.
error-setting-fixed = 🔒 <b>{ $setting }</b> can be set in the configuration only.
error-plugin-core = “{ $plugin }” is a part of the core: it cannot be switched off.
error-plugin-slow = “{ $plugin }” took too long. Please try again later.

## What admins say and do

banned =
    🚫 You cannot use this bot { HAS($until) ->
        [yes] until { MOMENT($until) }.
       *[no] any more.
    }{ HAS($reason) ->
        [yes] {" "}The reason: { $reason }
       *[no] {""}
    }
access-private = 🔒 This bot is private. If you know its admins, ask them for an invitation.
access-channel = 📣 This bot is for members of { $channel }. Join, then send it again.
control-from-admins =
    ✉️ <b>A message from the admins of this bot:</b>

    { $words }
control-owners-are-named = Owners are named in the settings of the bot, where nobody can take it from them.
control-not-below = This person's role is not below yours, so you cannot change anything about them.
control-no-such-limit = There is no such limit.
control-no-such-invite = An invitation is for 1 to 10,000 people and lasts a year at most.
control-not-reached = I cannot write to this person: they have never written to me, or have blocked me.
control-no-channel = I do not see its members. Make me an admin there, then send its @name or number again.
control-job-too-late = That is not possible any more: it has gone on meanwhile.

## Broadcasts

broadcast-gone = This message is not there any more.
broadcast-too-late = Somebody was faster: this does not fit any more. Open it again to see how it stands.
broadcast-album = An album has at most { $most } pictures or films, and Telegram puts no buttons under it.
broadcast-too-many-buttons = At most { $rows } rows with { $buttons } buttons each, please.
broadcast-no-button =
    { HAS($button) ->
        [yes] The button “{ $button }”
       *[no] A button
    } needs words and an address that begins with https://
