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
youtube-admin-cookies =
    ⚠️ <b>YouTube's cookies do not work any more.</b> Send new ones with /youtube_cookies, from a private window that you then
    close, so that the browser does not change them.

## Cookies

youtube-cookies-help = Cookies of YouTube
youtube-cookies-none = 🍪 There are no cookies of YouTube. Some videos, and some servers, need them.
youtube-cookies-sent = 🍪 I use cookies that an admin sent on { MOMENT($since) }.
youtube-cookies-own = 🍪 I use the cookies of <code>cookies_file</code>, written on { MOMENT($since) }.
youtube-cookies-send = 🍪 Send new ones
youtube-cookies-drop = 🗑 Forget them
youtube-cookies-private = Cookies are a login. Please ask me in a private chat.
youtube-cookies-how =
    Please send me <code>cookies.txt</code> as a file, in Netscape format. Take the account of nobody, log in in a private window,
    export the cookies of youtube.com with an extension of the browser, and close the window.
youtube-cookies-taken = ✅ I use these cookies from now on. { $count ->
    [one] One cookie was
   *[other] { $count } cookies were
} understood, { $left_out } of other sites were left out. Your message with them is removed.
youtube-cookies-taken-until = ✅ I use these cookies from now on, until { MOMENT($until) } at most. { $count ->
    [one] One cookie was
   *[other] { $count } cookies were
} understood, { $left_out } of other sites were left out. Your message with them is removed.
youtube-cookies-again = Your message is removed. Please send a better file.
youtube-cookies-json = This is JSON. Please export the cookies in Netscape format (<code>cookies.txt</code>).
youtube-cookies-format = Line { $line } is no cookie in Netscape format: seven fields with tabs between them.
youtube-cookies-visitor = Nobody is logged in with these cookies. Please log in to YouTube first, then export them.
youtube-cookies-over = The login of these cookies is over. Please log in again, then export them.
youtube-cookies-large = These are no cookies: the file has more than { SIZE($limit) }.

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
