/// The keys that move through time.
extension LiveModel {
    /// The number of frames that { and } jump.
    static let jump = 10

    /// Steps through the history; a replay then pauses by itself.
    mutating func step(_ frames: Int) -> Intent? {
        guard isPaused || isReplay else {
            message = "press Z to pause, then [ and ] to step through history"
            return nil
        }
        return .step(frames)
    }

    /// Takes a key while a time is being typed.
    mutating func typeTime(_ key: KeyEvent, _ text: String) -> Intent? {
        switch key {
        case .enter:
            mode = .table
            return text.isEmpty ? nil : .goTo(text)
        case .escape: mode = .table
        case .backspace: mode = text.isEmpty ? .table : .time(String(text.dropLast()))
        case .character(let character): mode = .time(text + String(character))
        default: break
        }
        return nil
    }
}
