import Testing

@testable import LiveView

@Suite struct StyleTests {
    private func runs(_ keys: [KeyEvent], line: Int) -> [Frame.Run] {
        let model = SampleMachine.model(rows: 30, columns: 160, keys: keys)
        return FrameComposer.compose(model, SampleMachine.scene).runs.filter { $0.row == line }
    }

    @Test func criticalValuesAreHighlighted() {
        let cells = runs([], line: 6)
        #expect(cells.contains { $0.text.hasPrefix("postgresql") })
        func style(_ text: String) -> Style? { cells.first { $0.text == text }?.style }
        #expect(style("30.0") == .critical, "throttled in 30 % of the periods")
        #expect(style("87.9") == .warn, "memory near its limit")
        #expect(style("12.34") == .warn, "pressure")
        #expect(style("2") == .critical, "OOM kills")
        #expect(style("55.0") == .strong)
        #expect(style("450M") == .plain)
        #expect(style("-") == .dim)
    }

    @Test func selectedRowIsHighlighted() {
        let cells = runs(["j", "j"], line: 6)
        let styles: Set<Style> = [.selected, .selectedWarn, .selectedCritical]
        #expect(cells.allSatisfy { styles.contains($0.style) })
        #expect(cells.first { $0.text == "30.0" }?.style == .selectedCritical)
        #expect(cells.first { $0.text == "450M" }?.style == .selected)
        #expect(cells.first.map { CellWidth.of($0.text) } == 160)
        #expect(runs([], line: 6).contains { $0.style == .selected } == false)
    }

    @Test func sortColumnIsMarked() {
        func marked(_ keys: [KeyEvent]) -> [String] {
            runs(keys, line: 3).filter { $0.style == .sortedHead }.map(\.text)
        }
        #expect(marked([]) == ["%CPU"])
        #expect(marked(["i"]) == ["In/s", "Out/s"])
        #expect(marked(["p"]) == ["CGroup"])
    }
}
