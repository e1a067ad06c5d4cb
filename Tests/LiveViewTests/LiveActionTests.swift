import CgroupModel
import TestSupport
import Testing

@testable import LiveView

/// Changes from the view, without a terminal and without a host.
@Suite struct LiveActionTests {
    static let shapes = [
        CommandShape(
            name: "set", flags: ["--dry-run", "--force", "--json"], valued: ["--for"],
            place: .first),
        CommandShape(
            name: "freeze", flags: ["--dry-run"], valued: ["--timeout"], place: .first
        ),
        CommandShape(name: "thaw", flags: ["--dry-run"], valued: [], place: .first),
        CommandShape(
            name: "kill", flags: ["--dry-run"], valued: ["--signal", "--grace"],
            place: .first),
        CommandShape(
            name: "pin", flags: ["--dry-run"], valued: ["--cpus"], place: .first),
        CommandShape(
            name: "reclaim", flags: ["--dry-run", "--all"], valued: [], place: .first),
        CommandShape(name: "move", flags: ["--dry-run"], valued: [], place: .last),
        CommandShape(
            name: "hold", flags: ["--dry-run", "--release"], valued: [],
            place: .first),
        CommandShape(
            name: "restore", flags: ["--dry-run"], valued: ["--change"], place: .first),
        CommandShape(name: "get", flags: ["--json"], valued: [], place: .first),
        CommandShape(name: "journal", flags: ["--json"], valued: [], place: .none),
    ]

    static func model(_ keys: [KeyEvent] = [], isReplay: Bool = false) -> LiveModel {
        var model = LiveModel(layout: Layout(sort: .path), isReplay: isReplay)
        model.refusal = nil
        model.shapes = shapes
        model.size = ScreenSize(rows: 24, columns: 100)
        model.show(SampleMachine.snapshot())
        for key in keys { _ = model.handle(key) }
        return model
    }

    private func typed(_ text: String) -> [KeyEvent] { text.map { .character($0) } }

    private func order(_ intent: LiveModel.Intent?) throws -> CommandOrder {
        guard case .order(let order) = intent else {
            throw Trouble("no order, but \(String(describing: intent))")
        }
        return order
    }

    /// Presses keys; returns the order of the last one.
    private func order(_ model: inout LiveModel, _ keys: [KeyEvent]) throws -> CommandOrder {
        var intent: LiveModel.Intent?
        for key in keys { intent = model.handle(key) }
        return try order(intent)
    }

    private func report(
        _ order: CommandOrder, _ lines: [String] = ["would do it"], status: Int32 = 0,
        change: UInt64? = nil
    ) -> CommandReport {
        CommandReport(
            order: order,
            results: order.commands.map { _ in
                CommandReport.Result(status: status, lines: lines, change: change)
            })
    }

    private struct Trouble: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    private static let database = "/system.slice/postgresql@15-main.service"
    private static let toDatabase: [KeyEvent] = ["j", "j", "j", "j", "j"]

    /// A tenant can make a cgroup whose literal name is the printed form of another one's.
    @Test func nameThatCommandsWouldTakeForAnotherCgroupIsRefused() {
        for hasTwin in [false, true] {
            var builder = SnapshotBuilder()
            builder.add("/")
            builder.add(bytes: Array("/a".utf8) + [0xff])
            if hasTwin { builder.add(#"/a\xff"#) }
            var model = Self.model()
            model.show(builder.build())
            let row = model.rows.firstIndex {
                model.snapshot?.cgroups[$0.index].path.bytes.last == 0xff
            }
            for _ in 0..<(row ?? 0) { _ = model.handle("j") }
            let intent = model.handle("T")
            #expect((intent == nil) == hasTwin, "\(model.message ?? "")")
            #expect((model.message ?? "").contains("also names another cgroup") == hasTwin)
        }
    }

    @Test func aFreezeShowsItsPlanAsksOnceAndIsUndoneByU() throws {
        var model = Self.model(Self.toDatabase)
        let plan = try order(model.handle("T"))
        #expect(plan.purpose == .plan)
        #expect(plan.commands == [["freeze", "--timeout", "60s", Self.database, "--dry-run"]])
        // An answer before the plan is no answer.
        #expect(model.handle(.enter) == nil)
        model.take(report(plan, ["would freeze it"]), now: 0)
        let frame = FrameComposer.compose(model, SampleMachine.scene).lines
        #expect(frame.contains { $0.contains("cgwarden freeze --timeout 60s \(Self.database)") })
        #expect(frame.contains { $0.contains("would freeze it") })
        let change = try order(model.handle(.enter))
        #expect(change.purpose == .change)
        #expect(change.commands == [["freeze", "--timeout", "60s", Self.database]])
        #expect(model.mode == .table)
        model.take(
            report(change, ["froze it; thaws in 60s, or earlier with: cgwarden thaw /a"]),
            now: 1_000_000)
        #expect(model.message == "froze it; thaws in 60s; u undoes")
        let row = try #require(model.selectedRow)
        #expect(model.thawTimes[row.id] == 61_000_000)
        let undo = try order(model.handle("u"))
        #expect(undo.commands == [["thaw", Self.database, "--dry-run"]])
        model.take(report(undo), now: 0)
        let back = try order(model.handle("y"))
        #expect(back.commands == [["thaw", Self.database]])
        model.take(report(back, ["thawed"]), now: 0)
        #expect(model.undoable.isEmpty)
        #expect(model.handle("u") == nil)
        #expect(model.message?.contains("nothing to undo") == true)
    }

    @Test func aFrozenCgroupIsThawed() throws {
        var model = Self.model(["j", "j", "j"])
        #expect(
            try order(model.handle("T")).commands == [
                ["thaw", "/system.slice/cron.service", "--dry-run"]
            ])
    }

    @Test func stateCountsDownToTheThaw() throws {
        var model = Self.model(["j", "j", "j"])
        let row = try #require(model.selectedRow)
        #expect(model.state(of: row, now: 5_000_000) == "frozen")
        model.thawTimes[row.id] = 47_200_000
        #expect(model.state(of: row, now: 5_000_000) == "frozen 43s")
        #expect(model.state(of: row, now: 50_000_000) == "frozen")
    }

    @Test func thawBySomethingElseEndsTheCountdown() throws {
        var model = Self.model(Self.toDatabase)
        let row = try #require(model.selectedRow)
        model.thawTimes[row.id] = .max
        model.show(SampleMachine.snapshot())
        #expect(model.thawTimes[row.id] != nil, "no file may show the freeze")
        var cron = Self.model(["j", "j", "j"])
        let frozen = try #require(cron.selectedRow)
        cron.thawTimes[frozen.id] = .max
        cron.show(SampleMachine.snapshot())
        var builder = SnapshotBuilder()
        builder.add(
            "/system.slice/cron.service", inode: frozen.id.inode,
            generation: frozen.id.generation, ["cgroup.frozen": Reading(0)])
        cron.show(builder.build())
        #expect(cron.thawTimes.isEmpty)
    }

    @Test(arguments: [KeyEvent.escape, "n", "q", .backspace])
    func anyOtherKeyCancels(_ key: KeyEvent) throws {
        var model = Self.model(Self.toDatabase)
        model.take(report(try order(model.handle("T"))), now: 0)
        #expect(model.handle(key) == nil)
        #expect(model.mode == .table)
        #expect(model.message == "canceled; nothing was changed")
        #expect(model.running.isEmpty)
    }

    @Test func aRefusalIsShownInPlace() throws {
        var model = Self.model(Self.toDatabase)
        let plan = try order(model.handle("T"))
        model.take(report(plan, ["will not freeze it: it is needed"], status: 77), now: 0)
        #expect(model.mode == .table)
        #expect(model.message == "will not freeze it: it is needed")
        #expect(model.handle(.enter) == nil, "there is nothing to accept")
    }

    @Test func aLateplanOfACancelledChangeIsDropped() throws {
        var model = Self.model(Self.toDatabase)
        let plan = try order(model.handle("T"))
        _ = model.handle(.escape)
        model.take(report(plan), now: 0)
        #expect(model.mode == .table)
        #expect(model.proposal == nil)
    }

    @Test func markedRowsAreChangedTogetherAndRefusedOnesLeftOut() throws {
        var model = Self.model(["j", "j", "j", ".", "j", "."])
        #expect(model.marked.count == 2)
        let plan = try order(&model, ["K", .enter])
        #expect(
            plan.commands.map { $0.dropLast().last } == [
                "/system.slice/cron.service", Self.database,
            ])
        #expect(plan.commands[0].starts(with: ["kill", "--signal", "TERM"]))
        model.take(
            CommandReport(
                order: plan,
                results: [
                    CommandReport.Result(status: 77, lines: ["no"]),
                    CommandReport.Result(status: 0, lines: ["would kill"]),
                ]), now: 0)
        let change = try order(model.handle("y"))
        #expect(change.commands == [["kill", "--signal", "TERM", Self.database]])
        model.take(report(change, ["killed"]), now: 0)
        #expect(model.marked.isEmpty)
        #expect(model.handle("u") == nil)
        #expect(model.message?.hasPrefix("a kill cannot be undone") == true)
        _ = model.handle("U")
        #expect(model.marked.isEmpty)
    }

    @Test func aCgroupThatWasReplacedSinceThePlanIsLeftAlone() throws {
        var model = Self.model(Self.toDatabase)
        model.take(report(try order(model.handle("T"))), now: 0)
        var builder = SnapshotBuilder()
        builder.add(Self.database, inode: 4711, generation: 99)
        model.show(builder.build())
        #expect(model.handle(.enter) == nil)
        #expect(model.message == "the cgroup is gone; nothing was changed")
    }

    @Test func theRootHasNoLimitsToChoose() {
        let model = Self.model([.home, "L"])
        #expect(model.mode == .table)
        #expect(model.message?.hasPrefix("/ is the whole host") == true, "\(model.message ?? "")")
    }

    @Test func theDeadlineOfAChangeIsSaidFirst() throws {
        var model = Self.model(Self.toDatabase)
        model.take(report(try order(model.handle("T"))), now: 0)
        let change = try order(model.handle(.enter))
        model.take(
            report(change, ["memory.max  applied", "will be undone in 10min (change 7)"]), now: 0)
        #expect(
            model.message == "will be undone in 10min (change 7) (and 1 more line); u undoes")
    }

    @Test func aLimitIsChosenTypedAndUndoneByItsNumber() throws {
        var model = Self.model(Self.toDatabase + ["L"])
        guard case .menu(let menu) = model.mode else { throw Trouble("no menu") }
        #expect(menu.items.first { $0.name == "memory.max" }?.note == "512MiB")
        let down = menu.items.firstIndex { $0.name == "memory.max" } ?? 0
        for _ in 0..<down { _ = model.handle(.down) }
        _ = model.handle(.enter)
        guard case .prompt(let prompt) = model.mode else { throw Trouble("no prompt") }
        #expect(prompt.line.text == "512MiB for 10m")
        #expect(prompt.facts.contains { $0.hasPrefix("memory.max is 512MiB") })
        let erase = [KeyEvent](repeating: .backspace, count: 6)
        let plan = try order(&model, erase + typed("256MiB") + [.enter])
        #expect(
            plan.commands == [
                ["set", Self.database, "memory.max=256MiB", "--for", "10m", "--dry-run"]
            ])
        model.take(report(plan), now: 0)
        let change = try order(model.handle(.enter))
        model.take(report(change, ["applied", "undo: cgwarden restore"], change: 12), now: 0)
        #expect(model.message == "applied; u undoes")
        let undo = try order(model.handle("u"))
        #expect(undo.commands == [["restore", "--change", "12", "--dry-run"]])
        // Once the change is not in force, the actions before it can be undone.
        model.take(report(undo, ["change 12 is not in force"], status: 66), now: 0)
        #expect(model.message == "change 12 is not in force")
        #expect(model.undoable.isEmpty)
    }

    @Test func theFormNamesTheOwnerOnceItIsKnown() throws {
        for isEarly in [true, false] {
            var model = Self.model(Self.toDatabase)
            let asked = try order(model.handle("L"))
            #expect(asked.purpose == .owner && asked.commands == [[Self.database]])
            let sentence = "limits kept by systemd"
            if isEarly { model.take(report(asked, [sentence]), now: 0) }
            guard case .menu = model.mode else { throw Trouble("no menu") }
            _ = model.handle(.enter)
            if !isEarly { model.take(report(asked, [sentence]), now: 0) }
            guard case .prompt(let prompt) = model.mode else { throw Trouble("no prompt") }
            #expect(prompt.facts.contains(sentence))
            // The form of another cgroup must not show it.
            _ = model.handle(.escape)
            model.take(report(asked, [sentence]), now: 0)
            #expect(model.mode == .table)
        }
    }

    @Test func aLimitWithoutATimeStays() throws {
        var model = Self.model(Self.toDatabase + ["L"])
        let plan = try order(
            &model, [.enter, .end] + [KeyEvent](repeating: .backspace, count: 8) + [.enter])
        #expect(plan.commands[0].contains("--for") == false)
    }

    @Test(arguments: ["1GiB for 10m 5", "1GiB for", "1GiB for for 10m"])
    func textWithoutExactlyOneTimeAfterForIsRefusedAndKept(_ text: String) throws {
        var model = Self.model(Self.toDatabase + ["L", .enter, .end, .eraseLine])
        var intent: LiveModel.Intent?
        for key in typed(text) + [.enter] { intent = model.handle(key) }
        #expect(intent == nil)
        #expect(model.message == "write one time after 'for', such as 10m")
        guard case .prompt(let prompt) = model.mode else { throw Trouble("no prompt") }
        #expect(prompt.line.text == text)
        let lines = FrameComposer.compose(model, SampleMachine.scene).lines
        #expect(lines.last?.contains("write one time after 'for', such as 10m") == true)
    }

    @Test func replayPauseAndMissingRightsAreExplained() {
        var replay = Self.model(isReplay: true)
        for key in ["T", "K", "L", "u", ":"] as [KeyEvent] {
            #expect(replay.handle(key) == nil)
            #expect(replay.message == "a recording cannot be changed")
        }
        var paused = Self.model()
        paused.isPaused = true
        #expect(paused.handle("T") == nil)
        #expect(paused.message?.contains("press Z") == true)
        var shown = LiveModel()
        shown.show(SampleMachine.snapshot())
        #expect(shown.handle("T") == nil)
        #expect(shown.message == "this view is read-only")
    }

    @Test(
        arguments: [
            (["P"], "0-1", ["pin", "--cpus", "0-1"], true),
            (["R"], "64MiB", ["reclaim"], false), (["M"], "12, 13", ["move", "12", "13"], true),
            (["H"], "", ["hold"], false),
        ] as [([KeyEvent], String, [String], Bool)])
    func otherActionsAskForTheirDetails(
        _ keys: [KeyEvent], _ text: String, _ words: [String], _ isPathLast: Bool
    ) throws {
        var model = Self.model(Self.toDatabase + keys)
        let plan = try order(&model, typed(text) + [.enter])
        #expect(plan.commands.count == 1)
        #expect(plan.commands[0].starts(with: words))
        #expect(plan.commands[0].contains(Self.database))
        if isPathLast { #expect(plan.commands[0].dropLast().last == Self.database) }
    }

    @Test func commandLineActsOnTheSelectionUnlessItNamesACgroup() throws {
        func planned(_ line: String) throws -> [[String]] {
            var model = Self.model(Self.toDatabase + [":"])
            return try order(&model, typed(line) + [.enter]).commands
        }
        let path = Self.database
        #expect(
            try planned("set memory.max=1GiB") == [["set", path, "memory.max=1GiB", "--dry-run"]])
        #expect(
            try planned("set /a memory.max=1GiB") == [
                ["set", "/a", "memory.max=1GiB", "--dry-run"]
            ])
        #expect(
            try planned("freeze --timeout 5m") == [
                ["freeze", "--timeout", "5m", path, "--dry-run"]
            ])
        #expect(try planned("cgwarden thaw '/a b'") == [["thaw", "/a b", "--dry-run"]])
        #expect(try planned("move 12 13") == [["move", "12", "13", path, "--dry-run"]])
        #expect(try planned("reclaim 64MiB") == [["reclaim", path, "64MiB", "--dry-run"]])
        #expect(try planned("hold 1h") == [["hold", path, "1h", "--dry-run"]])
        #expect(try planned("get memory.max") == [["get", path, "memory.max"]])
        #expect(try planned("journal") == [["journal"]])
    }

    @Test func aCommandWithoutACgroupRunsOnceForAllMarks() throws {
        var model = Self.model(["j", ".", "j", ".", ":"])
        #expect(model.marked.count == 2)
        #expect(try order(&model, typed("journal") + [.enter]).commands == [["journal"]])
        _ = model.handle(":")
        #expect(try order(&model, typed("hold") + [.enter]).commands == [["hold"]])
        _ = model.handle(":")
        #expect(try order(&model, typed("freeze") + [.enter]).commands.count == 2)
    }

    @Test func unknownCommandsGetASuggestion() {
        var model = Self.model([":"] + typed("freze") + [.enter])
        #expect(model.message == "no command 'freze' here; did you mean 'freeze'?")
        #expect(model.mode == .table)
        _ = model.handle(":")
        _ = model.handle(.up)
        guard case .prompt(let prompt) = model.mode else { return }
        #expect(prompt.line.text == "freze", "the history has it")
    }

    @Test func outputOfACommandOpensAPane() throws {
        var model = Self.model([":"])
        let look = try order(&model, typed("journal") + [.enter])
        #expect(look.purpose == .look)
        model.take(report(look, ["CGROUP", "/a"]), now: 0)
        #expect(model.mode == .output(top: 0))
        #expect(
            FrameComposer.compose(model, SampleMachine.scene).lines.contains { $0.contains("/a") })
        _ = model.handle(.escape)
        #expect(model.mode == .table)
    }
}
