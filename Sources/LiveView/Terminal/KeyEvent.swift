/// A key, or a terminal event that arrives like one.
package enum KeyEvent: Hashable, Sendable {
    /// A typed character.
    case character(Character)
    case enter, escape, tab, backTab, backspace
    case up, down, left, right, pageUp, pageDown, home, end
    /// Ctrl-U and Ctrl-W: erase the text or the word before the cursor.
    case eraseLine, eraseWord
    case insert, delete, shiftLeft, shiftRight
    /// A function key; F1 is 1.
    case function(Int)
    /// The terminal changed its size.
    case resize
    /// The terminal is gone and sends no more keys.
    case hangUp
    /// Ctrl-L: redraw the screen.
    case redraw
    /// A click of the left button on a cell.
    case click(row: Int, column: Int)
    /// A turn of the wheel.
    case wheelUp, wheelDown
}
