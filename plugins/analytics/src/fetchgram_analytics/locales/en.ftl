### English sentences of the analytics plugin; the rules of the core's catalogue hold.

analytics-help = What people do with the bot
analytics-stats-help = What you got from me
analytics-empty = Nothing yet
analytics-name = { $name ->
    [youtube] YouTube
    [instagram] Instagram
    [ytdlp] other sites
    [telegram] own files
    [botapi] Bot API
    [mtproto] MTProto
    [cache] from the cache
    [video] videos
    [audio] sound
    [image] pictures
    [album] albums
    [file] files
    [uncertain] cut in the middle
    [gone] no longer there
    [private] private
    [geo] blocked here
    [age] adults only
    [login] needs a login
    [members] members only
    [live] is live
    [upcoming] not out yet
    [bot-check] taken for a bot
    [account] account trouble
    [unsupported] not supported
    [too-large] too large
    [temporary] site in trouble
    [timeout] took too long
    [internal] our mistake
    [cannot-deliver] no way out
    [choice-gone] choice is gone
   *[other] { $name }
}
analytics-before = the period before
analytics-others = others
analytics-weekday = { $day ->
    [0] Mon
    [1] Tue
    [2] Wed
    [3] Thu
    [4] Fri
    [5] Sat
   *[other] Sun
}

## Periods

analytics-period-day = 24 hours
analytics-period-week = 7 days
analytics-period-month = 30 days
analytics-period-quarter = 90 days
analytics-period-year = 12 months
analytics-period-all = 3 years
analytics-note = { $first } – { $last } · { $zone }{ HAS($plugin) ->
    [yes] {" · "}{ $plugin }
   *[no] {""}
}

## Charts: their names, and what they find

analytics-dashboard = Dashboard
analytics-dashboard-title = The last { $period ->
    [day] 24 hours
    [week] 7 days
    [month] 30 days
    [quarter] 90 days
    [year] 12 months
   *[other] 3 years
}
analytics-files = Files
analytics-files-title = { $n ->
    [one] One file
   *[other] { $n } files
}{ $grown ->
    [more] , { $percent } % more than before
    [fewer] , { $percent } % fewer than before
    [same] , as many as before
   *[none] {""}
}
analytics-platforms = Platforms
analytics-platforms-title = { $name }: { $percent } % of all files
analytics-qualities = Qualities
analytics-qualities-title = Most wanted: { $name }, { $percent } %
analytics-kinds = Kinds
analytics-kinds-title = { $percent } % are { $name }
analytics-routes = Routes
analytics-routes-title = { $percent } % went by { $name }
analytics-rhythm = Hours
analytics-rhythm-title = Busiest: { $day ->
    [0] Monday
    [1] Tuesday
    [2] Wednesday
    [3] Thursday
    [4] Friday
    [5] Saturday
   *[other] Sunday
} at { $hour }
analytics-people = People
analytics-people-title = { $month ->
    [one] One person in 30 days
   *[other] { $month } people in 30 days
}, { $new } new
analytics-window = { $days ->
    [1] a day
   *[other] { $days } days
}
analytics-returning = Coming back
analytics-returning-title = { $percent } % of last week’s people came back
analytics-audience = Audience
analytics-audience-title = { $name } has the most people: { $people }
analytics-success = Success
analytics-success-title = { $percent } % of wishes ended in a file
analytics-failures = Failures
analytics-failures-title = Most failures: “{ $name }”, { $percent } %
analytics-speed = Speed
analytics-speed-title = Half arrive within { $half }, 95 % within { $most }
analytics-waiting = In line
analytics-waiting-title = Half wait { $half } in line, 95 % at most { $most }
analytics-stages = Stages
analytics-stages-title = Slowest: { $stage }, { $half } for half
analytics-stage-look = looking
analytics-stage-wait = in line
analytics-stage-download = downloading
analytics-stage-process = converting
analytics-stage-send = sending
analytics-stage-total = all of it
analytics-sizes = Sizes
analytics-sizes-title = Files { $size }: half arrive within { $half }
analytics-size = { $size ->
    [a] under 5 MB
    [b] 5–50 MB
    [c] 50–500 MB
   *[other] over 500 MB
}
analytics-half = half within
analytics-most = 95 % within
analytics-half-before = half, before
analytics-traffic = Traffic
analytics-traffic-title = { SIZE($down) } fetched, { SIZE($up) } sent
analytics-down = fetched
analytics-up = sent
analytics-cache = Cache
analytics-cache-title = { $percent } % came from the cache: { SIZE($saved) } saved
analytics-broadcasts = Broadcasts
analytics-broadcasts-title = { $count ->
    [one] One broadcast
   *[other] { $count } broadcasts
} reached { $reached } of { $all }
analytics-broadcast-delivered = arrived
analytics-broadcast-blocked = blocked
analytics-broadcast-gone = gone
analytics-broadcast-failed = failed
analytics-broadcast-uncertain = unsure

## Numbers on top of the dashboard

analytics-tile-files = Files
analytics-tile-people = People in 30 days
analytics-tile-success = Success
analytics-tile-speed = Half within
analytics-change = { $percent ->
    [0] as before
   *[other] { $sign }{ $percent } %
}

## The screen

analytics-caption = <b>{ $title }</b>
    { $note }
analytics-button-period = { $chosen ->
    [yes] • { $name }
   *[no] { $name }
}
analytics-button-compare = { $chosen ->
    [yes] ✅ Compare with before
   *[no] ▫️ Compare with before
}
analytics-button-plugin = { $chosen ->
    [yes] • { $name }
   *[no] { $name }
}
analytics-button-zone = 🕑 { $zone }
analytics-button-zone-home = As the bot: { $zone }
analytics-zone-ask = <b>Whose days and hours shall your charts have?</b>
    Send the name of a time zone, as Europe/Berlin, or just its city. Now: { $zone }.
    Charts of months, and those of how many people there were, keep the days of { $home }.
analytics-zone-unknown = I know no time zone { $name }. Send a name as Europe/Berlin, or Tokyo.
analytics-every-platform = All platforms
analytics-button-more = More ▶️
analytics-button-back = ⬅️ Dashboard
analytics-report = 📊 <b>Report</b>: { $title }
    { $note }
    /analytics shows more.

## A person's own card

analytics-stats-title = { $name }
analytics-stats-note = Your files by week, { $first } – { $last }
analytics-stats-caption = { $files ->
    [0] You have no files from me yet. Send me a link!
    [one] <b>One file</b> so far, { SIZE($size) }.
   *[other] <b>{ $files } files</b> so far, { SIZE($size) }.
}
analytics-stats-none = You have no files from me yet. Send me a link!
analytics-stats-weeks = Your last weeks
analytics-tile-yours = Files
analytics-tile-size = Altogether
analytics-tile-favourite = Favourite
analytics-tile-days = Active days
