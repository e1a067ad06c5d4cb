/// Draws the model; the same state always produces the same frame.
enum FrameComposer {
    static func compose(_ model: LiveModel, _ scene: Scene) -> Frame {
        var frame = Frame(size: model.size)
        let geometry = model.geometry
        guard !geometry.isTooSmall else {
            let least = Geometry.smallest
            frame.put(
                "terminal too small: \(least.columns)x\(least.rows) needed", row: 0, column: 0)
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
        case .table, .filter, .columns, .time:
            TableView.draw(model, snapshot, into: &frame)
            if let detail = model.detail, geometry.detailHeight > 0 {
                DetailPane.draw(detail, model, snapshot, scene, into: &frame)
            }
            if case .columns(let cursor) = model.mode {
                ColumnPicker.draw(model, cursor: cursor, into: &frame)
            }
        }
        TimeBar.draw(model, snapshot, scene, into: &frame)
        StatusLine.draw(model, into: &frame)
        return frame
    }
}
