using System.Text;
using Zhengtong.Cloud.Engines;

namespace Zhengtong.Tests.Cloud.Engines;

/// <summary>What every engine keeps to. The same tests run on each.</summary>
public abstract class EngineContract
{
    private protected static readonly CancellationToken Ct = CancellationToken.None;
    private protected static readonly EngineSize Small = new(1, 64, 1, 100);
    private static int serial;

    /// <summary>The engine; the test skips where there is none.</summary>
    internal abstract CloudEngine Engine { get; }

    /// <summary>A project without limits, made by the engine's own call, with one network.</summary>
    internal abstract EngineName Project { get; }

    internal abstract EngineName Network { get; }

    /// <summary>Makes an instance without marks, past the contract.</summary>
    internal abstract Task MakeForeignAsync(InstanceId id);

    /// <summary>Whether it is there, ours or not.</summary>
    internal abstract Task<bool> IsThereAsync(InstanceId id);

    [Fact]
    public async Task Describe_Engine_HasAMemberWithCapacity()
    {
        var description = (await Engine.DescribeAsync(Ct)).Given();
        description.Members.ShouldNotBeEmpty();
        description.Members.ShouldAllBe(m => m.Status == MemberStatus.Online && m.Capacity!.Cpus > 0 && m.Capacity.MemoryBytes > m.Capacity.MemoryUsedBytes && m.Capacity.DiskBytes > m.Capacity.DiskUsedBytes);
        description.Abilities.ShouldContain(EngineAbility.Snapshots);
        (await Engine.ListImagesAsync(Project, Ct)).Given().ShouldContain(i => i.Aliases.Contains("busybox") && i.Fingerprint.Length == 64 && i.Kind == "container");
    }

    [Fact]
    public async Task Create_FromImage_RunsWithAddressLimitsAndMarks()
    {
        await using var guest = await MakeAsync(marks: new() { ["order"] = "A-1" });
        var made = (await Engine.FindAsync(guest.Id, Ct)).Given();
        (made.Status, made.Size).ShouldBe((InstanceStatus.Stopped, Small));
        made.Marks.ShouldBe(new Dictionary<string, string> { ["order"] = "A-1" });
        made.CreatedAt.ShouldNotBeNull();

        (await Engine.StartAsync(guest.Id, Ct)).ShouldBeDone();
        (await Engine.StartAsync(guest.Id, Ct)).ShouldBeDone();
        await UntilAsync(async () => (await Engine.FindAsync(guest.Id, Ct)).Given().State!.Addresses.Count > 0, seconds: 30);
        var state = (await Engine.FindAsync(guest.Id, Ct)).Given();
        state.Status.ShouldBe(InstanceStatus.Running);
        state.State!.CpuNanoseconds.ShouldBeGreaterThan(0);
        state.State.MemoryBytes.ShouldBeGreaterThan(0);
        state.State.Processes.ShouldBeGreaterThan(0);

        (await Engine.StopAsync(guest.Id, force: true, Ct)).ShouldBeDone();
        (await Engine.StopAsync(guest.Id, force: false, Ct)).ShouldBeDone();
        (await Engine.FindAsync(guest.Id, Ct)).Given().Status.ShouldBe(InstanceStatus.Stopped);
    }

    [Fact]
    public async Task Create_Twice_AlreadyExists()
    {
        await using var guest = await MakeAsync();
        (await Engine.CreateAsync(Order(guest.Id), Ct)).Outcome.ShouldBe(EngineOutcome.AlreadyExists);
    }

    [Fact]
    public async Task Create_WhatIsNotThere_IsNotFoundByName()
    {
        var id = NewId();
        Said(await Engine.CreateAsync(Order(id) with { Image = "no-such-image" }, Ct)).ShouldBe((EngineOutcome.NotFound, "image"));
        Said(await Engine.CreateAsync(Order(id) with { Network = EngineName.Parse("no-such-net") }, Ct)).ShouldBe((EngineOutcome.NotFound, "network"));
        Said(await Engine.CreateAsync(Order(new InstanceId(EngineName.Parse("no-such-project"), id.Name)), Ct)).ShouldBe((EngineOutcome.NotFound, "project"));
        Said(await Engine.FindAsync(id, Ct)).ShouldBe((EngineOutcome.NotFound, "instance"));
        Said(await Engine.DeleteAsync(id, Ct)).ShouldBe((EngineOutcome.NotFound, "instance"));
        (await IsThereAsync(id)).ShouldBeFalse();
    }

    [Theory]
    [InlineData("size", 0, 64, "busybox", "a", "b", "")]
    [InlineData("size", 1, 8, "busybox", "a", "b", "")]
    [InlineData("mark", 1, 64, "busybox", "owner", "another", "")]
    [InlineData("mark", 1, 64, "busybox", "a b", "c", "")]
    [InlineData("mark", 1, 64, "busybox", "a", "b or config.c eq d", "")]
    [InlineData("image-name", 1, 64, "../../images?x=y", "a", "b", "")]
    [InlineData("user-data", 1, 64, "busybox", "a", "b", "#cloud-config\0")]
    [InlineData("user-data", 1, 64, "busybox", "a", "b", "half a character")]
    public async Task Create_BadOrder_IsRefusedBeforeItIsAskedFor(string code, int cpus, int memory, string image, string key, string value, string data)
    {
        var id = NewId();
        var order = new InstanceOrder(id, image, new EngineSize(cpus, memory, 1, 100), new Dictionary<string, string> { [key] = value }) { UserData = data == "half a character" ? "\ud83d" : data };   // half of one cannot stand in an attribute
        Said(await Engine.CreateAsync(order, Ct)).ShouldBe((EngineOutcome.Refused, code));
        (await IsThereAsync(id)).ShouldBeFalse();
    }

    [Fact]
    public async Task Delete_RunningThenStopped_BusyThenDoneThenNotFound()
    {
        await using var guest = await MakeAsync(start: true);
        Said(await Engine.DeleteAsync(guest.Id, Ct)).ShouldBe((EngineOutcome.Busy, "running"));
        (await Engine.StopAsync(guest.Id, force: true, Ct)).ShouldBeDone();
        (await Engine.DeleteAsync(guest.Id, Ct)).ShouldBeDone();
        (await IsThereAsync(guest.Id)).ShouldBeFalse();
        Said(await Engine.DeleteAsync(guest.Id, Ct)).ShouldBe((EngineOutcome.NotFound, "instance"));
    }

    [Fact]
    public async Task Anything_OfAForeignInstance_IsRefusedAndItStays()
    {
        var id = NewId();
        await MakeForeignAsync(id);
        var name = EngineName.Parse("s1");
        EngineAnswer[] answers =
        [
            await Engine.DeleteAsync(id, Ct), await Engine.StartAsync(id, Ct), await Engine.StopAsync(id, true, Ct), await Engine.RestartAsync(id, true, Ct), await Engine.ResizeAsync(id, Small, Ct),
            await Engine.SnapshotAsync(id, name, null, Ct), await Engine.RestoreAsync(id, name, Ct), await Engine.DeleteSnapshotAsync(id, name, Ct), await Engine.BackUpAsync(id, name, Ct),
            await Engine.ExportAsync(id, name, Ct), await Engine.ExecAsync(id, new ExecOrder("echo"), Ct), await Engine.OpenTerminalAsync(id, ["sh"], 80, 24, Ct), await Engine.FindAsync(id, Ct),
        ];
        answers.ShouldAllBe(a => a.Outcome == EngineOutcome.Refused && a.Code == "not-ours");
        (await IsThereAsync(id)).ShouldBeTrue();
        (await ReadAsync(new InstanceFilter())).ShouldNotContain(i => i.Id == id);
    }

    [Fact]
    public async Task Resize_Running_IsInForceAndDiskNeverShrinks()
    {
        await using var guest = await MakeAsync(start: true);
        (await Engine.ResizeAsync(guest.Id, new EngineSize(2, 96, 2, 200), Ct)).ShouldBeDone();
        (await Engine.FindAsync(guest.Id, Ct)).Given().Size.ShouldBe(new EngineSize(2, 96, 2, 200));
        Said(await Engine.ResizeAsync(guest.Id, Small, Ct)).ShouldBe((EngineOutcome.Refused, "disk-shrinks"));
        (await Engine.FindAsync(guest.Id, Ct)).Given().Size.ShouldBe(new EngineSize(2, 96, 2, 200));
    }

    [Fact]
    public async Task Restore_AfterResize_TellsThatTheLimitsWentBack()
    {
        await using var guest = await MakeAsync(marks: new() { ["order"] = "A-7" });
        var name = EngineName.Parse("before");
        (await Engine.SnapshotAsync(guest.Id, name, TimeProvider.System.GetUtcNow().AddDays(30), Ct)).ShouldBeDone();
        (await Engine.SnapshotAsync(guest.Id, name, null, Ct)).Outcome.ShouldBe(EngineOutcome.AlreadyExists);
        (await Engine.ResizeAsync(guest.Id, Small with { MemoryMiB = 128 }, Ct)).ShouldBeDone();
        var kept = (await Engine.ListSnapshotsAsync(guest.Id, Ct)).Given().ShouldHaveSingleItem();
        (kept.Name, kept.Size).ShouldBe((name, Small));
        kept.ExpiresAt.ShouldNotBeNull();

        var restored = (await Engine.RestoreAsync(guest.Id, name, Ct)).Given();
        restored.Size.ShouldBe(Small);
        restored.Marks.ShouldContainKeyAndValue("order", "A-7");
        Said(await Engine.RestoreAsync(guest.Id, EngineName.Parse("never"), Ct)).ShouldBe((EngineOutcome.NotFound, "snapshot"));
        (await Engine.DeleteSnapshotAsync(guest.Id, name, Ct)).ShouldBeDone();
        Said(await Engine.DeleteSnapshotAsync(guest.Id, name, Ct)).ShouldBe((EngineOutcome.NotFound, "snapshot"));
    }

    [Fact]
    public async Task Import_OfAnExportedBackup_IsAnInstanceAsOrderedNow()
    {
        await using var guest = await MakeAsync(marks: new() { ["order"] = "old" });
        var name = EngineName.Parse("b1");
        Said(await Engine.ExportAsync(guest.Id, name, Ct)).ShouldBe((EngineOutcome.NotFound, "backup"));
        (await Engine.BackUpAsync(guest.Id, name, Ct)).ShouldBeDone();
        using var kept = new MemoryStream();
        await using (var stream = (await Engine.ExportAsync(guest.Id, name, Ct)).Given()) { await stream.CopyToAsync(kept, Ct); }
        (await Engine.DeleteBackupAsync(guest.Id, name, Ct)).ShouldBeDone();

        await using var copy = new Guest(Engine, NewId());
        kept.Position = 0;
        (await Engine.ImportAsync(copy.Id, kept, Small with { MemoryMiB = 80 }, new Dictionary<string, string> { ["again"] = "new" }, null, [], Ct)).ShouldBeDone();
        var found = (await Engine.FindAsync(copy.Id, Ct)).Given();
        (found.Status, found.Size).ShouldBe((InstanceStatus.Stopped, Small with { MemoryMiB = 80 }));
        found.Marks.ShouldBe(new Dictionary<string, string> { ["again"] = "new" });

        kept.Position = 0;
        using var again = new MemoryStream(kept.ToArray());
        (await Engine.ImportAsync(copy.Id, again, Small, new Dictionary<string, string>(), null, [], Ct)).Outcome.ShouldBe(EngineOutcome.AlreadyExists);
        using var nonsense = new MemoryStream(Encoding.UTF8.GetBytes("this is no backup"));
        (await Engine.ImportAsync(NewId(), nonsense, Small, new Dictionary<string, string>(), null, [], Ct)).Outcome.ShouldBe(EngineOutcome.Refused);
        using var outside = new MemoryStream(kept.ToArray());
        (await Engine.ImportAsync(NewId() with { Project = EngineName.Default }, outside, Small, new Dictionary<string, string>(), null, [], Ct)).Outcome.ShouldBe(EngineOutcome.Refused);
    }

    [Fact]
    public async Task Create_BeyondTheProjectsLimits_IsLimitReached()
    {
        var project = new EngineProject(EngineName.Parse($"limited{Interlocked.Increment(ref serial)}"), new Dictionary<string, string>()) { Instances = 2, Cpus = 8, MemoryMiB = 256, DiskGiB = 100 };
        (await Engine.EnsureProjectAsync(project, Ct)).ShouldBeDone();
        (await Engine.EnsureProjectAsync(project, Ct)).ShouldBeDone();
        await using (var first = await MakeAsync(project.Name, size: Small with { MemoryMiB = 128 }))
        {
            Said(await Engine.CreateAsync(Order(NewId(project.Name), Small with { MemoryMiB = 192 }), Ct)).ShouldBe((EngineOutcome.LimitReached, "sum"));
            await using (await MakeAsync(project.Name)) { Said(await Engine.CreateAsync(Order(NewId(project.Name)), Ct)).ShouldBe((EngineOutcome.LimitReached, "count")); }
            (await Engine.EnsureProjectAsync(project with { MemoryMiB = 64 }, Ct)).Outcome.ShouldBe(EngineOutcome.LimitReached);
            (await Engine.EnsureProjectAsync(project with { MemoryMiB = 512 }, Ct)).ShouldBeDone();
            Said(await Engine.RemoveProjectAsync(project.Name, Ct)).ShouldBe((EngineOutcome.Busy, "not-empty"));
        }

        (await Engine.RemoveProjectAsync(project.Name, Ct)).ShouldBeDone();
        (await Engine.RemoveProjectAsync(project.Name, Ct)).Outcome.ShouldBe(EngineOutcome.NotFound);
    }

    [Fact]
    public async Task Volume_PutInAndTakenOut_OutlivesItsInstance()
    {
        var volume = new EngineVolume(Project, EngineName.Parse($"data{Interlocked.Increment(ref serial)}"), 1, new Dictionary<string, string> { ["order"] = "V-1" });
        (await Engine.EnsureVolumeAsync(volume, Ct)).ShouldBeDone();
        (await Engine.EnsureVolumeAsync(volume with { DiskGiB = 2 }, Ct)).ShouldBeDone();
        Said(await Engine.EnsureVolumeAsync(volume, Ct)).ShouldBe((EngineOutcome.Refused, "disk-shrinks"));
        await using (var guest = await MakeAsync())
        {
            Said(await Engine.AttachVolumeAsync(guest.Id, volume.Name, "/data/../etc", Ct)).ShouldBe((EngineOutcome.Refused, "path"));
            Said(await Engine.AttachVolumeAsync(guest.Id, EngineName.Parse("never"), "/data", Ct)).ShouldBe((EngineOutcome.NotFound, "volume"));
            (await Engine.AttachVolumeAsync(guest.Id, volume.Name, "/data", Ct)).ShouldBeDone();
            (await Engine.AttachVolumeAsync(guest.Id, volume.Name, "/data", Ct)).ShouldBeDone();
            (await Engine.RemoveVolumeAsync(Project, volume.Name, Ct)).Outcome.ShouldBe(EngineOutcome.Busy);
            (await Engine.DetachVolumeAsync(guest.Id, volume.Name, Ct)).ShouldBeDone();
            (await Engine.DetachVolumeAsync(guest.Id, volume.Name, Ct)).ShouldBeDone();
        }

        (await Engine.RemoveVolumeAsync(Project, volume.Name, Ct)).ShouldBeDone();
        Said(await Engine.RemoveVolumeAsync(Project, volume.Name, Ct)).ShouldBe((EngineOutcome.NotFound, "volume"));
    }

    [Fact]
    public async Task Volume_LeavesAsAFile_AndComesBackUnderAnotherName_WithNothingButItsData()
    {
        var volume = new EngineVolume(Project, EngineName.Parse($"kept{Interlocked.Increment(ref serial)}"), 1, new Dictionary<string, string> { ["order"] = "V-1", ["old"] = "x" });
        var (backup, copy) = (EngineName.Parse("b1"), volume with { Name = EngineName.Parse($"{volume.Name}-copy"), Marks = new Dictionary<string, string> { ["order"] = "V-2" } });
        Said(await Engine.BackUpVolumeAsync(Project, volume.Name, backup, Ct)).ShouldBe((EngineOutcome.NotFound, "volume"));
        Said(await Engine.FindVolumeAsync(Project, volume.Name, Ct)).ShouldBe((EngineOutcome.NotFound, "volume"));
        (await Engine.EnsureVolumeAsync(volume, Ct)).ShouldBeDone();
        Said(await Engine.ExportVolumeAsync(Project, volume.Name, backup, Ct)).ShouldBe((EngineOutcome.NotFound, "backup"));
        Said(await Engine.DeleteVolumeBackupAsync(Project, volume.Name, backup, Ct)).ShouldBe((EngineOutcome.NotFound, "backup"));
        (await Engine.BackUpVolumeAsync(Project, volume.Name, backup, Ct)).ShouldBeDone();
        (await Engine.BackUpVolumeAsync(Project, volume.Name, backup, Ct)).Outcome.ShouldBe(EngineOutcome.AlreadyExists);
        using var kept = new MemoryStream();
        await using (var stream = (await Engine.ExportVolumeAsync(Project, volume.Name, backup, Ct)).Given()) { await stream.CopyToAsync(kept, Ct); }
        (await Engine.DeleteVolumeBackupAsync(Project, volume.Name, backup, Ct)).ShouldBeDone();

        (await Engine.ImportVolumeAsync(copy, new MemoryStream(kept.ToArray()), Ct)).ShouldBeDone();
        var found = (await Engine.FindVolumeAsync(Project, copy.Name, Ct)).Given();
        (found.Name, found.DiskGiB).ShouldBe((copy.Name, 1));
        found.Marks.ShouldBe(copy.Marks);
        (await Engine.ImportVolumeAsync(copy, new MemoryStream(kept.ToArray()), Ct)).Outcome.ShouldBe(EngineOutcome.AlreadyExists);
        (await Engine.ImportVolumeAsync(copy with { Name = EngineName.Parse($"{copy.Name}-x") }, new MemoryStream("this is no backup"u8.ToArray()), Ct)).IsDone.ShouldBeFalse();
        (await Engine.ImportVolumeAsync(copy with { Project = EngineName.Default }, new MemoryStream(kept.ToArray()), Ct)).Outcome.ShouldBe(EngineOutcome.Refused);
        var all = new List<EngineName>();
        (await Engine.ReadVolumesAsync(v => all.Add(v.Name), Ct)).ShouldBeDone();
        all.ShouldContain(volume.Name);
        all.ShouldContain(copy.Name);
        foreach (var name in new[] { volume.Name, copy.Name }) { (await Engine.RemoveVolumeAsync(Project, name, Ct)).ShouldBeDone(); }
    }

    [Fact]
    public async Task Backup_OfAnInstanceWhoseVolumeIsGone_ComesBackWithoutIt_AndNothingStandsForItAfterwards()
    {
        var volume = new EngineVolume(Project, EngineName.Parse($"away{Interlocked.Increment(ref serial)}"), 1, new Dictionary<string, string>());
        using var kept = new MemoryStream();
        await using (var guest = await MakeAsync())
        {
            (await Engine.EnsureVolumeAsync(volume, Ct)).ShouldBeDone();
            (await Engine.AttachVolumeAsync(guest.Id, volume.Name, "/data", Ct)).ShouldBeDone();
            var name = EngineName.Parse("b1");
            (await Engine.BackUpAsync(guest.Id, name, Ct)).ShouldBeDone();
            await using (var stream = (await Engine.ExportAsync(guest.Id, name, Ct)).Given()) { await stream.CopyToAsync(kept, Ct); }

            // While the volume is there it stays what it is, and where it is.
            await using var beside = new Guest(Engine, NewId());
            (await Engine.ImportAsync(beside.Id, new MemoryStream(kept.ToArray()), Small, new Dictionary<string, string>(), null, [volume.Name], Ct)).ShouldBeDone();
            (await Engine.DetachVolumeAsync(guest.Id, volume.Name, Ct)).ShouldBeDone();
            // In no other instance: else it could not go.
            (await Engine.RemoveVolumeAsync(Project, volume.Name, Ct)).ShouldBeDone();
        }

        await using var copy = new Guest(Engine, NewId());
        (await Engine.ImportAsync(copy.Id, new MemoryStream(kept.ToArray()), Small, new Dictionary<string, string>(), null, [], Ct)).IsDone.ShouldBeFalse();
        (await Engine.ImportAsync(copy.Id, new MemoryStream(kept.ToArray()), Small, new Dictionary<string, string> { ["again"] = "new" }, null, [volume.Name], Ct)).ShouldBeDone();
        (await Engine.FindAsync(copy.Id, Ct)).Given().Marks.ShouldBe(new Dictionary<string, string> { ["again"] = "new" });
        Said(await Engine.FindVolumeAsync(Project, volume.Name, Ct)).ShouldBe((EngineOutcome.NotFound, "volume"));
        (await Engine.StartAsync(copy.Id, Ct)).ShouldBeDone();
    }

    [Fact]
    public async Task ReadInstances_ByMark_GivesTheseAndNoOthers()
    {
        var order = $"R-{Interlocked.Increment(ref serial)}";
        await using var one = await MakeAsync(marks: new() { ["order"] = order });
        await using var two = await MakeAsync(marks: new() { ["order"] = order });
        await using var other = await MakeAsync(marks: new() { ["order"] = order + "0" });
        (await ReadAsync(new InstanceFilter(Project, "order", order))).Select(i => i.Id).ShouldBe([one.Id, two.Id], ignoreOrder: true);
        (await ReadAsync(new InstanceFilter(null, "order", order))).Select(i => i.Id).ShouldBe([one.Id, two.Id], ignoreOrder: true);
        (await ReadAsync(new InstanceFilter(EngineName.Default, "order", order))).ShouldBeEmpty();
        var all = await ReadAsync(new InstanceFilter(Project, WithState: true));
        all.Count.ShouldBeGreaterThanOrEqualTo(3);
        all.ShouldAllBe(i => i.State != null);
        (await Engine.ReadInstancesAsync(new InstanceFilter(Project, "order", "x or y"), _ => { }, Ct)).Outcome.ShouldBe(EngineOutcome.Refused);
    }

    [Fact]
    public async Task Create_TwentyAtOnce_AllAreThereOnce()
    {
        var order = $"P-{Interlocked.Increment(ref serial)}";
        var ids = Enumerable.Range(0, 20).Select(_ => NewId()).ToList();
        var answers = await Task.WhenAll(ids.Select(id => Engine.CreateAsync(Order(id) with { Marks = new Dictionary<string, string> { ["order"] = order } }, Ct)));
        answers.ShouldAllBe(a => a.IsDone, string.Join("; ", answers.Select(a => $"{a}")));
        (await ReadAsync(new InstanceFilter(Project, "order", order))).Select(i => i.Id).ShouldBe(ids, ignoreOrder: true);
        await Task.WhenAll(ids.Select(id => Engine.DeleteAsync(id, Ct)));
        (await ReadAsync(new InstanceFilter(Project, "order", order))).ShouldBeEmpty();
    }

    [Fact]
    public async Task Create_SameNameAtOnce_ExactlyOneIsMade()
    {
        await using var guest = new Guest(Engine, NewId());
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Engine.CreateAsync(Order(guest.Id), Ct)));
        answers.Count(a => a.IsDone).ShouldBe(1);
        answers.ShouldAllBe(a => a.IsDone || a.Outcome == EngineOutcome.AlreadyExists || a.Outcome == EngineOutcome.Busy, string.Join("; ", answers.Select(a => $"{a}")));
    }

    [Fact]
    public async Task PutFile_Instance_HasItWholeAndReplaced()
    {
        await using var guest = await MakeAsync();
        (await Engine.StartAsync(guest.Id, Ct)).ShouldBeDone();
        foreach (var text in new[] { "first, and longer", "second 二" })
        {
            using var content = new MemoryStream(Encoding.UTF8.GetBytes(text));
            (await Engine.PutFileAsync(guest.Id, "/root/a.txt", content, Ct)).ShouldBeDone();
            Encoding.UTF8.GetString((await Engine.ExecAsync(guest.Id, new ExecOrder("cat", "/root/a.txt"), Ct)).Given().Output).ShouldBe(text);
        }

        using var none = new MemoryStream();
        (await Engine.PutFileAsync(guest.Id, "/root/../etc/passwd", none, Ct)).Code.ShouldBe("path");
        (await Engine.PutFileAsync(new InstanceId(Project, EngineName.Parse("nobody")), "/root/a.txt", none, Ct)).Outcome.ShouldBe(EngineOutcome.NotFound);
    }

    [Fact]
    public async Task Exec_Program_GivesItsCodeAndOutput()
    {
        await using var guest = await MakeAsync(start: true);
        var said = (await Engine.ExecAsync(guest.Id, new ExecOrder("echo", "one two; $(three)", "'"), Ct)).Given();
        (said.End, said.ExitCode, Encoding.UTF8.GetString(said.Output)).ShouldBe((ExecEnd.Exited, 0, "one two; $(three) '\n"));
        (await Engine.ExecAsync(guest.Id, new ExecOrder("false"), Ct)).Given().ExitCode.ShouldBe(1);
        (await Engine.ExecAsync(guest.Id, new ExecOrder("no-such-program"), Ct)).Given().ExitCode.ShouldBe(127);
        var input = new byte[300_000];
        for (var i = 0; i < input.Length; i++) { input[i] = (byte)(i * 31 >> 3); }
        (await Engine.ExecAsync(guest.Id, new ExecOrder("cat") { Input = input }, Ct)).Given().Output.ShouldBe(input);
        var much = (await Engine.ExecAsync(guest.Id, new ExecOrder("cat") { Input = input, MostBytes = 1000 }, Ct)).Given();
        (much.End, much.ExitCode).ShouldBe((ExecEnd.SaidTooMuch, null));
        much.Output.ShouldBe(input[..1000]);
        Said(await Engine.ExecAsync(guest.Id, new ExecOrder("a\0b"), Ct)).ShouldBe((EngineOutcome.Refused, "command"));
        (await Engine.StopAsync(guest.Id, force: true, Ct)).ShouldBeDone();
        Said(await Engine.ExecAsync(guest.Id, new ExecOrder("echo"), Ct)).ShouldBe((EngineOutcome.Refused, "not-running"));
    }

    [Fact]
    public async Task ReadMetrics_Running_TellsItsUse()
    {
        await using var guest = await MakeAsync(start: true);
        // Engines keep the figures for some seconds.
        await UntilAsync(async () => (await Engine.ReadMetricsAsync(null, Ct)).Given().Any(u => u.Id == guest.Id && u.CpuSeconds > 0), seconds: 30);
        var use = (await Engine.ReadMetricsAsync(null, Ct)).Given().Single(u => u.Id == guest.Id);
        use.CpuSeconds.ShouldBeGreaterThan(0);
        use.MemoryBytes.ShouldBeInRange(1, 64 << 20);
        use.MemoryLimitBytes.ShouldBe(64 << 20);
        use.Processes.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Listen_WhileThingsHappen_SaysReadAgainThenWhatHappens()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var told = new List<EngineEvent>();
        var hears = new TaskCompletionSource();
        var listening = Task.Run(async () =>
        {
            try
            {
                await foreach (var e in Engine.ListenAsync(stop.Token))
                {
                    lock (told) { told.Add(e); }
                    hears.TrySetResult();
                }
            }
            catch (OperationCanceledException) { }
        });
        await hears.Task;
        await using (var guest = await MakeAsync(start: true))
        {
            await UntilAsync(() => { lock (told) { return Task.FromResult(told.Any(e => e.Action == "instance-started" && e.Instance == guest.Id)); } }, seconds: 30);
            lock (told) { told.ShouldContain(e => e.Action == "instance-created" && e.Instance == guest.Id); }
        }

        await stop.CancelAsync();
        await listening;
        told[0].IsReadAgain.ShouldBeTrue();
        told.Count(e => e.IsReadAgain).ShouldBe(1);
    }

    private protected static (EngineOutcome Outcome, string Code) Said(EngineAnswer answer) => (answer.Outcome, answer.Code);

    private protected InstanceId NewId(EngineName? project = null) => new(project ?? Project, EngineName.Parse($"t{Interlocked.Increment(ref serial)}"));

    private protected static InstanceOrder Order(InstanceId id, EngineSize? size = null) => new(id, "busybox", size ?? Small, new Dictionary<string, string>());

    private protected async Task<Guest> MakeAsync(EngineName? project = null, EngineSize? size = null, Dictionary<string, string>? marks = null, bool start = false)
    {
        var guest = new Guest(Engine, NewId(project));
        var order = Order(guest.Id, size) with { Network = project is null ? Network : null, Marks = marks ?? [] };
        (await Engine.CreateAsync(order, Ct)).ShouldBeDone();
        if (!start) { return guest; }
        var started = await Engine.StartAsync(guest.Id, Ct);
        // On a loaded machine an engine gives up a start now and then; the delivery tries again too.
        for (var attempt = 1; started is { IsDone: false, Code: "failed" } && attempt < 3; attempt++) { started = await Engine.StartAsync(guest.Id, Ct); }
        started.ShouldBeDone();
        return guest;
    }

    private protected async Task<List<EngineInstance>> ReadAsync(InstanceFilter filter)
    {
        List<EngineInstance> found = [];
        (await Engine.ReadInstancesAsync(filter, found.Add, Ct)).ShouldBeDone();
        return found;
    }

    /// <summary>An instance that goes with its test.</summary>
    internal sealed class Guest(CloudEngine engine, InstanceId id) : IAsyncDisposable
    {
        internal InstanceId Id => id;

        public async ValueTask DisposeAsync()
        {
            await engine.StopAsync(id, force: true, Ct);
            await engine.DeleteAsync(id, Ct);
        }
    }
}

/// <summary>Answers in tests.</summary>
internal static class Answers
{
    internal static void ShouldBeDone(this EngineAnswer answer) => answer.IsDone.ShouldBeTrue($"{answer}");

    internal static T Given<T>(this EngineAnswer<T> answer) where T : notnull => answer.IsDone ? answer.Value : throw new ShouldAssertException($"{answer}");
}
