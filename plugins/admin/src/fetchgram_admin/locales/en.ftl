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
