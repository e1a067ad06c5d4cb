/// Horizontal bars of eighth blocks, and bars with a text in them.
enum Bar {
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// The filled part of a bar for a share from 0 to 1; something is seen of every share above 0.
    static func filled(_ share: Double, width: Int) -> String {
        guard width > 0 else { return "" }
        let clamped = min(max(share, 0), 1)
        var units = Int((clamped * Double(width * 8)).rounded())
        if units == 0, clamped > 0 { units = 1 }
        return String(repeating: "█", count: units / 8) + eighths[units % 8]
    }
}
