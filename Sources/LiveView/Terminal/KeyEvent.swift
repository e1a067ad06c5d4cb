/// One key, or a change of the terminal that arrives like one.
public enum KeyEvent: Hashable, Sendable {
    /// A character, as typed.
    case character(Character)
    case enter, escape, tab, backTab, backspace
    case up, down, left, right, pageUp, pageDown, home, end
    /// F1 is 1.
    case function(Int)
    /// The terminal has another size now.
    case resize
    /// The terminal went away; no key will come any more.
    case hangUp
    /// Ctrl-L: draw everything anew.
    case redraw
}
