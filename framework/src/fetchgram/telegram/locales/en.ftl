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
telegram-start = ⬇️ Start
telegram-option-on = ✅ { $label }
telegram-option-off = ▫️ { $label }
telegram-option-value = ✅ { $label }: { $value }
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
telegram-plugin-back = ✅ The plugin <b>{ $plugin }</b> works again.
telegram-way = 📨 { $way }
telegram-value = { $value }
telegram-choice-video = 🎬 Video
telegram-ask-size = ✏️ How large may it be? For example: 25 MB
telegram-ask-time-range = ✏️ From when to when? For example: 1:30-2:45
telegram-ask-language = ✏️ Which language? For example: en
telegram-ask-text = ✏️ Type your answer.
telegram-not-understood = I do not understand that. Please tap the button again and try once more.
telegram-no-right = You may not do this.
telegram-nothing-here = Send me a link, and I show you what I can get.
telegram-help-get = Get what is behind a link
