/// Draws the model; the same state always produces the same frame.
enum FrameComposer {
    static func compose(_ model: LiveModel, _ scene: Scene) -> Frame {
        var frame = Frame(size: model.size)
        let geometry = model.geometry
        guard !geometry.isTooSmall else {
            let least = Geometry.smallest
            let (columns, rows) = (model.size.columns, model.size.rows)
            for (row, text) in [
                "terminal too small:",
                "\(least.columns)x\(least.rows) needed, is \(columns)x\(rows)",
            ].enumerated() {
                frame.put(text, row: row, column: 0)
            }
            return frame
        }
        guard let snapshot = model.snapshot else {
            frame.put("waiting for the first sample…", row: 0, column: 0)
            return frame
        }
        Header.draw(model, snapshot, scene, into: &frame)
        switch model.mode {
        case .help(let top): HelpPane.draw(top: top, geometry, into: &frame)
        case .processes(let top): ProcessPane.draw(model, snapshot, top: top, into: &frame)
        case .explanation(let top): ExplanationPane.draw(model, snapshot, top: top, into: &frame)
        case .events(let top): EventPane.draw(model, top: top, into: &frame)
        case .output(let top): OutputPane.draw(model, top: top, into: &frame)
        case .table, .filter, .columns, .menu, .prompt, .proposal, .time:
            TableView.draw(model, snapshot, now: scene.now, into: &frame)
            if let detail = model.detail, geometry.detailHeight > 0 {
                DetailPane.draw(detail, model, snapshot, scene, into: &frame)
            }
            drawBox(model, into: &frame)
        }
        TimeBar.draw(model, snapshot, scene, into: &frame)
        StatusLine.draw(model, into: &frame)
        return frame
    }

    /// Draws the box over the table, if the mode has one.
    private static func drawBox(_ model: LiveModel, into frame: inout Frame) {
        let geometry = model.geometry
        switch model.mode {
        case .columns(let cursor): ColumnPicker.draw(model, cursor: cursor, into: &frame)
        case .menu(let menu): MenuBox.draw(menu, geometry, into: &frame)
        case .prompt(let prompt): PromptBox.draw(prompt, geometry, into: &frame)
        case .proposal(let top):
            if let proposal = model.proposal {
                ProposalBox.draw(proposal, top: top, geometry, into: &frame)
            }
        default: break
        }
    }
}
