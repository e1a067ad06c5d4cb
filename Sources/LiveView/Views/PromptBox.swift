/// The facts and candidates above a line that is being typed.
enum PromptBox {
    private static let mostCandidates = 60

    static func draw(_ prompt: Prompt, _ geometry: Geometry, into frame: inout Frame) {
        let width = frame.size.columns
        var lines = prompt.facts.flatMap { LineWrap.lines($0, to: width - 4) }
        if !prompt.candidates.isEmpty {
            let more = prompt.candidates.count - mostCandidates
            lines += LineWrap.lines(
                prompt.candidates.prefix(mostCandidates).joined(separator: "  ")
                    + (more > 0 ? "  and \(more) more" : ""), to: width - 4)
        }
        let room = geometry.timeRow - geometry.headRow - 2
        let shown = lines.prefix(max(room, 0))
        guard !shown.isEmpty else { return }
        let top = geometry.timeRow - shown.count - 2
        Box.draw(
            prompt.topic == .command ? "Candidates" : prompt.label, row: top, column: 0,
            width: width, height: shown.count, into: &frame)
        for (place, line) in shown.enumerated() {
            frame.put(line, row: top + 1 + place, column: 2, width: width - 4)
        }
    }
}
