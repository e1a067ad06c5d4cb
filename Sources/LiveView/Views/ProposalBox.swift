/// The plan of a change, at the bottom, with the question whether to make it.
enum ProposalBox {
    static func draw(_ proposal: Proposal, top: Int, _ geometry: Geometry, into frame: inout Frame)
    {
        let width = min(frame.size.columns, 110)
        let left = (frame.size.columns - width) / 2
        let refused = proposal.steps.count - proposal.accepted.count
        let isPlanned = proposal.isPlanned
        var lines = proposal.lines.flatMap { LineWrap.lines($0, to: width - 4) }
        if !isPlanned { lines.append("waiting for the plan") }
        let room = max(geometry.timeRow - geometry.headRow - 3, 1)
        let height = min(lines.count, room)
        let first = min(top, lines.count - height)
        let title = proposal.isUndo ? "Undo" : "Plan"
        // Draw at the bottom: the rows that the plan is about are usually above.
        let head = geometry.timeRow - height - 3
        Box.draw(
            title, row: head, column: left, width: width, height: height + 1,
            style: .warn, into: &frame)
        for (place, line) in lines.dropFirst(first).prefix(height).enumerated() {
            let isCommand = line.hasPrefix("cgwarden ")
            frame.put(
                line, row: head + 1 + place, column: left + 2,
                style: isCommand ? .strong : .plain, width: width - 4)
        }
        let question =
            refused > 0 ? "\(refused) refused; do the rest?" : "Do this?"
        let below = lines.count - first - height
        frame.put(
            isPlanned
                ? "\(question)  Enter or y: yes, any other key: no"
                    + (below > 0 ? "  (\(below) more lines below)" : "")
                : "Esc cancels",
            row: head + 1 + height, column: left + 2, style: .label, width: width - 4)
    }
}
