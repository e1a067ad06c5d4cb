/// Horizontal bars of eighth blocks.
enum Bar {
    private static let eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]

    /// The filled part of a bar for a share from 0 to 1; a share above 0 is always visible.
    static func filled(_ share: Double, width: Int) -> String {
        guard width > 0 else { return "" }
        let clamped = min(max(share, 0), 1)
        var units = Int((clamped * Double(width * 8)).rounded())
        if units == 0, clamped > 0 { units = 1 }
        return String(repeating: "█", count: units / 8) + eighths[units % 8]
    }
}
