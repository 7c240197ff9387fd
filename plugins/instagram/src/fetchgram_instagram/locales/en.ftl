### English sentences of the Instagram plugin; the rules of the core's catalogue hold.

instagram-whole-text = 📝 The rest of the text too

instagram-gone = This is not on Instagram any more, or never was.
instagram-story-gone = This story is over, or its owner has removed it.
instagram-private = This belongs to a private account: only its followers can see it.
instagram-age = Instagram shows this only to adults who are logged in.
instagram-geo = This is not shown in the country where I am.
instagram-login = Instagram does not show this to visitors: one has to be logged in, and I am not.
instagram-no-account = Instagram shows this only to people with an account, and I have none that works. My admins can set one up.
instagram-busy = Instagram lets me ask only so often. { HAS($wait) ->
    [yes] It works again in { WAIT($wait) }.
   *[no] Please try again later.
}
instagram-wall = Right now Instagram shows nothing to those who are not logged in, and I am not. { HAS($wait) ->
    [yes] It may work again in { WAIT($wait) }.
   *[no] Please try again later.
}
instagram-unreachable = Instagram does not answer properly right now.
instagram-broken = Instagram has changed something that I do not understand yet.
instagram-admin-ended =
    ⚠️ <b>The Instagram session of { $account } has ended:</b> { $why } It is not used any more until somebody runs
    <code>fetchgram instagram login</code>.
instagram-ended-logged-out = Instagram has logged it out.
instagram-ended-checkpoint = Instagram wants its owner to confirm who they are, in the app or a browser.
