### English sentences of the plugin compress; parameters as in the core's catalogue.

compress-group-presets = ⭐ Ready-made
compress-group-size = 🗜 Smaller
compress-group-sound = 🎵 Sound only
compress-group-song = 🎵 Another format
compress-group-resolution = 📐 Resolution
compress-group-form = 🎞 Turn into
compress-group-edit = ✂️ Edit
compress-option =
    { $what }{ HAS($size) ->
        [yes] {" "}· { HAS($exact) ->
            [yes] {""}
           *[no] {"≈ "}
        }{ SIZE($size) }
       *[no] {""}
    }{ HAS($time) ->
        [yes] {" "}· +{ DURATION($time) }
       *[no] {""}
    }
compress-fit = 📦 Fit { SIZE($limit) }
compress-fit-chat = 📨 Fit this chat ({ SIZE($limit) })
compress-fit-typed = ✏️ Another size
compress-phone = 📱 Every phone
compress-smaller-hevc = 🗜 H.265
compress-smaller-av1 = 🗜 AV1, as a file
compress-height = 📐 { PLAIN($height) }p
compress-side = 📐 { PLAIN($width) } × { PLAIN($height) }
compress-sound-mp3 = 🎵 MP3
compress-sound-m4a = 🎵 M4A
compress-sound-opus = 🎵 Opus
compress-sound-flac = 🎼 FLAC
compress-sound-wav = 🎼 WAV
compress-sound-voice = 🎙 Voice message
compress-animation = 🎞 GIF without sound
compress-animation-of-gif = 🎞 The GIF as MP4
compress-note = ⏺ Round video message
compress-cut = ✂️ Cut
compress-mute = 🔇 Without sound
compress-turn = ↩️ Turn by degrees
compress-fps = 🎬 Fewer frames a second
compress-kbps = 🎚 Smaller sound, kbit/s
compress-picture-jpeg = 🖼 As JPEG
compress-picture-png = 🖼 As PNG
compress-picture-webp = 🖼 As WebP
compress-preset = ⭐ { $name }
compress-unreachable = It does not get that small: { SIZE($smallest) } is the least.
compress-impossible = This cannot be made of this file.
compress-behind-end = The file is over by then: it is { DURATION($length) } long.
compress-empty-cut = There is nothing to be seen or heard in this stretch: please choose a longer one.
compress-unreadable = This file cannot be read: it is damaged, or of a kind that I do not know.
compress-too-long = This is too long to be converted here: { DURATION($limit) } is the most.
compress-too-large = This is too large to be converted here: { SIZE($limit) } is the most.
compress-no-encoder = This machine cannot make { $codec }.
