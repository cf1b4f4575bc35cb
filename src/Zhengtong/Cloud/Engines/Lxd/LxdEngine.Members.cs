using System.Text.Json.Nodes;

namespace Zhengtong.Cloud.Engines.Lxd;

/// <summary>Members that are emptied and filled again. The engine itself forgets where instances of restricted projects came from, and leaves them where they went; so it is written into a mark of ours.</summary>
internal sealed partial class LxdEngine
{
    internal override async Task<EngineAnswer> EvacuateAsync(string member, CancellationToken ct)
    {
        var status = await FindMemberAsync(member, ct);
        if (!status.IsDone || status.Value == MemberStatus.Evacuated) { return status.IsDone ? EngineAnswer.Done : status; }
        List<Place> there = [];
        var read = await ReadPlacesAsync(null, there, ct);
        if (!read.IsDone) { return read; }
        foreach (var one in there.Where(p => p.Member == member && p.Home.Length == 0))
        {
            var written = await WriteHomeAsync(one.Id, member, ct);
            if (!written.IsDone && written.Outcome != EngineOutcome.NotFound) { return written; }
        }

        return (await line.DoAsync(HttpMethod.Post, LxdPath.Of(["cluster", "members", member, "state"]), new JsonObject { ["action"] = "evacuate" }, ct)).Answer;
    }

    internal override async Task<EngineAnswer> RestoreMemberAsync(string member, CancellationToken ct)
    {
        var status = await FindMemberAsync(member, ct);
        if (!status.IsDone) { return status; }
        if (status.Value != MemberStatus.Online)
        {
            var restored = await line.DoAsync(HttpMethod.Post, LxdPath.Of(["cluster", "members", member, "state"]), new JsonObject { ["action"] = "restore" }, ct);
            if (!restored.IsDone) { return restored.Answer; }
        }

        List<Place> away = [];
        var read = await ReadPlacesAsync(member, away, ct);
        if (!read.IsDone) { return read; }
        foreach (var one in away)
        {
            var back = one.Member == member ? EngineAnswer.Done : await MoveAsync(one.Id, member, one.IsRunning, ct);
            if (back.IsDone) { back = await WriteHomeAsync(one.Id, "", ct); }
            if (!back.IsDone && back.Outcome != EngineOutcome.NotFound) { return back; }
        }

        return EngineAnswer.Done;
    }

    private static MemberStatus StatusOf(string status) => status switch
    {
        "Online" => MemberStatus.Online,
        "Evacuated" => MemberStatus.Evacuated,
        "Blocked" => MemberStatus.Blocked,
        _ => MemberStatus.Offline,
    };

    private async Task<EngineAnswer<MemberStatus>> FindMemberAsync(string member, CancellationToken ct)
    {
        if (EngineChecks.FaultOfMember(member) is { } fault) { return fault.As<MemberStatus>(); }
        var found = await line.GetAsync(LxdPath.Of(["cluster", "members", member]), ct);
        return found.IsDone ? new(StatusOf(found.Metadata.Text("status"))) : Named(found.Answer, "member").As<MemberStatus>();
    }

    /// <summary>Where our instances are: all, or those that were moved off a member.</summary>
    private Task<EngineAnswer> ReadPlacesAsync(string? home, List<Place> places, CancellationToken ct)
    {
        var wanted = $"config.{MarkPrefix}{EngineMarks.Owner} eq {options.Owner}" + (home is null ? "" : $" and config.{MarkPrefix}{EngineMarks.Home} eq {home}");
        return EachAsync(LxdPath.Of(["instances"], ("recursion", "1"), ("all-projects", "true"), ("filter", wanted)), EngineName.Default, (id, item) =>
        {
            var place = new Place(id, item.Text("location"), item.Get("config").Text(MarkPrefix + EngineMarks.Home), StatusOfInstance(item) == InstanceStatus.Running);
            if (home is null || place.Home == home) { places.Add(place); }
        }, ct);
    }

    private async Task<EngineAnswer> WriteHomeAsync(InstanceId id, string home, CancellationToken ct) =>
        (await line.DoAsync(HttpMethod.Patch, LxdPath.Of(id), new JsonObject { ["config"] = new JsonObject { [MarkPrefix + EngineMarks.Home] = home } }, ct)).Answer;

    /// <summary>A container moves stopped.</summary>
    private async Task<EngineAnswer> MoveAsync(InstanceId id, string member, bool isRunning, CancellationToken ct)
    {
        var stopped = await StopAsync(id, force: false, ct);
        if (stopped.Code == "still-running") { stopped = await StopAsync(id, force: true, ct); }
        if (!stopped.IsDone) { return stopped; }
        var path = LxdPath.Of(["instances", id.Name.ToString()], ("project", id.Project.ToString()), ("target", member));
        var moved = (await line.DoAsync(HttpMethod.Post, path, new JsonObject { ["name"] = id.Name.ToString(), ["migration"] = true }, ct)).Answer;
        // Moved or not, what ran runs again.
        var started = isRunning ? await StartAsync(id, ct) : EngineAnswer.Done;
        return moved.IsDone ? started : moved;
    }

    private sealed record Place(InstanceId Id, string Member, string Home, bool IsRunning);
}
