### English sentences of the Telegram side, beside the core's; the same rules.

telegram-title = <b>{ $title }</b>
telegram-handing-over = 📨 Telegram has all of it and is taking it in …
telegram-choice =
    { $what }{ HAS($detail) ->
        [yes] {" "}{ $detail }
       *[no] {""}
    } · { $size }{ HAS($way) ->
        [yes] {" "}· { $way }
       *[no] {""}
    }
telegram-choice-blocked = 🚫 { $label }
telegram-choice-picked = 🔘 { $label }
telegram-options = ⚙️ Options
telegram-choose-again = ⚙️ Choose again
telegram-start = ⬇️ Start
telegram-option-on = ✅ { $label }
telegram-option-off = ▫️ { $label }
telegram-option-value = { $label }: { $value }
telegram-range = { DURATION($start) }–{ DURATION($end) }
telegram-group = { $label } ▸
telegram-group-on = ✅ { $label }{ HAS($more) ->
    [yes] {" "}+{ PLAIN($more) }
   *[no] {""}
}
telegram-group-done = ☑️ Done
telegram-estimate = { HAS($size) ->
    [yes] After that about { SIZE($size) }
   *[no] The size after that is unknown
}
telegram-estimate-time = Takes about { DURATION($time) } longer
telegram-plugin-paused = ⚠️ The plugin <b>{ $plugin }</b> is paused after repeated failures: { $error }
telegram-user-lost = ⚠️ The user account for very large files is not logged in any more ({ $reason }). <code>fetchgram login</code> brings it back; until then such files go in parts.
telegram-user-back = ✅ The user account for very large files is logged in again.
telegram-part = Part { $number } of { $of }
telegram-plugin-back = ✅ The plugin <b>{ $plugin }</b> works again.
telegram-way = 📨 { $way }
telegram-value = { $value }
telegram-choice-video = 🎬 Video
telegram-ask-size = ✏️ How large may it be? For example: { $example }
telegram-ask-time-range = ✏️ From when to when? For example: { $example }
telegram-ask-language = ✏️ Which language? For example: { $example }
telegram-ask-text = ✏️ Type your answer.
telegram-example-size = 25 MB
telegram-example-size-image = 500 kB
telegram-example-time-range = 1:30-2:45
telegram-example-language = en
telegram-example-text = …
telegram-over-by-then = ✏️ It is over by then: it lasts { DURATION($length) }. Please tap the button again.
telegram-not-understood = ✏️ I do not understand that. Please tap the button again and write it like this: { $example }
telegram-no-right = You may not do this.
telegram-your-file = What shall become of it?
telegram-no-options = I have nothing to make of this. Send me a link, and I show you what I can get.
telegram-choose-first = Please tap what you want first.
telegram-file-too-large = Telegram does not hand files of this size to me: { SIZE($limit) } is the most.
telegram-sent-too-large = Telegram does not hand files of this size to me: { SIZE($limit) } is the most. If there is a link to it, send me that.
telegram-nothing-here = Send me a link, and I show you what I can get.
telegram-help-get = Get what is behind a link

## Lists: the picker

telegram-list-whole = 📋 The whole list
telegram-list =
    📋 <b>{ $title }</b>{ HAS($author) ->
        [yes] {"\u000A"}👤 { $author }
       *[no] {""}
    }
telegram-list-count =
    { HAS($total) ->
        [yes] { $total ->
            [one] One item
           *[other] { $total } items
        }
       *[no] { $seen } items so far, and more
    } · { HAS($picked) ->
        [yes] ☑️ { $picked } picked
       *[no] tap what you want
    } (at most { $limit })
telegram-list-entry =
    ▫️ { $number }. { $title }{ HAS($duration) ->
        [yes] {" "}· { DURATION($duration) }
       *[no] {""}
    }
telegram-list-picked =
    ☑️ { $number }. { $title }{ HAS($duration) ->
        [yes] {" "}· { DURATION($duration) }
       *[no] {""}
    }
telegram-list-before = ◀️
telegram-list-after = ▶️
telegram-list-page = { HAS($pages) ->
    [yes] { $page } / { $pages }
   *[no] { $page }
}
telegram-list-all = ☑️ All
telegram-list-none = ▫️ None
telegram-list-ranges = 🔢 Numbers
telegram-list-first = First { $count }
telegram-list-newest = Newest { $count }
telegram-list-start =
    ⬇️ Get { $count ->
        [one] one item
       *[other] { $count } items
    }{ HAS($wish) ->
        [yes] {" "}· { $wish }
       *[no] {""}
    }
telegram-list-up-to = 🎬 up to { PLAIN($height) }p
telegram-list-ask = ✏️ Which ones? For example: 3-8, 12
telegram-list-not-understood = I find nothing under these numbers. Please tap the button again and type them like this: 3-8, 12

## Lists: at work

telegram-items-running =
    <code>{ $bar }</code> { $ended } of { $total }{ HAS($wish) ->
        [yes] {" "}· { $wish }
       *[no] {""}
    }
telegram-items-ended =
    { HAS($done) ->
        [yes] ✅ { $done } of { $total } arrived
       *[no] ❌ None of { $total } arrived
    }{ HAS($failed) ->
        [yes] {" "}· { $failed } failed
       *[no] {""}
    }{ HAS($uncertain) ->
        [yes] {" "}· { $uncertain } uncertain
       *[no] {""}
    }{ HAS($cancelled) ->
        [yes] {" "}· { $cancelled } stopped
       *[no] {""}
    }
telegram-items-cancelled = ✖️ Cancelled · { $done } of { $total } arrived
telegram-items-rest = ✋ Stop after these
telegram-items-retry = { $count ->
    [one] 🔁 Try the failed one again
   *[other] 🔁 Try the { $count } failed ones again
}
telegram-items-again = { $count ->
    [one] 📤 Send the uncertain one again
   *[other] 📤 Send the { $count } uncertain ones again
}
telegram-list-rest-stopped = What has begun is finished, nothing else is.
telegram-items-done = ✅ { $numbers } · { $what }
telegram-items-failed = ❌ { $numbers } · { $what }
telegram-items-uncertain = ❓ { $numbers } · may have arrived
telegram-items-waiting = ⏳ { $numbers }
telegram-items-stopped = ✖️ { $numbers }
telegram-item-done = ✅ { $number }. { $title } · { $what }
telegram-item-failed = ❌ { $number }. { $title } · { $error }
telegram-item-uncertain = ❓ { $number }. { $title } · may have arrived
telegram-item-stopped = ✖️ { $number }. { $title }
telegram-item-looking = 🔎 { $number }. { $title }
telegram-item-waiting = ⏳ { $number }. { $title }
telegram-item-download =
    ⬇️ { $number }. { $title }{ HAS($percent) ->
        [yes] {" "}{ PERCENT($percent) }
       *[no] {""}
    }
telegram-item-process =
    ⚙️ { $number }. { $title }{ HAS($percent) ->
        [yes] {" "}{ PERCENT($percent) }
       *[no] {""}
    }
telegram-item-upload =
    ⬆️ { $number }. { $title }{ HAS($percent) ->
        [yes] {" "}{ PERCENT($percent) }
       *[no] {""}
    }
telegram-item-retrying = 🔁 { $number }. { $title } · { $error }

## Broadcasts

telegram-quiet = 🔕 No more news like this
telegram-loud = 🔔 Send me news again
telegram-is-quiet = 🔕 You get no more news. The same button brings them back.
telegram-is-loud = 🔔 You get news again.
telegram-help-news = Whether you get news from me
telegram-help-stop = No more news from me
telegram-news-on = 🔔 You get news from me now and then.
telegram-news-off = 🔕 You get no news from me. Everything else works as before.
telegram-broadcast-refused = Telegram does not let me send this: { $reason }

## /forget

telegram-help-forget = Delete what I know about you
telegram-forget-ask =
    <b>Shall I forget you?</b>

    What you still wait for is cancelled, and your links, choices and numbers are deleted. Files that I sent stay in this chat. A ban stays too.
telegram-forget-sure = 🗑 Yes, delete everything
telegram-forgotten = 🗑 Done. I know nothing about you any more; what you send next, I learn anew.
