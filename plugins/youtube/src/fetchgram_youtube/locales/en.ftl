### English sentences of the YouTube plugin; the rules of the core's catalogue hold.

youtube-private = This video is private: only people whom its owner invited can see it.
youtube-age = YouTube shows this video only to adults who are logged in, and I am not.
youtube-members = This video is only for paying members of the channel.
youtube-geo = The owner of this video does not show it in the country where I am.
youtube-gone = This is not on YouTube any more.
youtube-account = YouTube has closed the account that this video belonged to.
youtube-bot-check = YouTube does not let me in right now: it wants proof that I am no robot. I have told my admins.
youtube-rate-limited = YouTube says that I ask too often. { HAS($wait) ->
    [yes] Please try again in { DURATION($wait) }.
   *[no] Please try again in an hour.
}
youtube-live = This is live right now. Please send the link again when it is over.
youtube-not-live = Nothing is live on this channel right now.
youtube-admin-bot-check =
    ⚠️ <b>YouTube asks this server to prove that it is no robot.</b> Set <code>plugin.youtube.cookies_file</code>, or send it
    out another way by <code>network.upstream_proxy</code>.

## Options

youtube-trim = ✂️ Only a part
youtube-dub = 🗣 Language
youtube-subtitles = 💬 Subtitles in the video
youtube-subtitles-file = 📄 Subtitles as a file
youtube-description = 📝 Description

## Marks in captions

youtube-mark-sponsor = 💰 Sponsor
youtube-mark-selfpromo = 📣 Own promotion
youtube-mark-interaction = 🔔 Reminder to subscribe
youtube-mark-intro = 🎬 Intro
youtube-mark-outro = 🎬 Outro
youtube-mark-preview = ⏪ Preview or recap
youtube-mark-music_offtopic = 🔇 No music
youtube-mark-filler = 💬 Filler
