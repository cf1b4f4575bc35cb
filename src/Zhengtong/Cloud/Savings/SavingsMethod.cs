using System.ComponentModel.DataAnnotations;

namespace Zhengtong.Cloud.Savings;

/// <summary>A number that the method uses, with the document it comes from.</summary>
/// <param name="Value">0 to 1,000,000,000, at most 4 decimal places.</param>
/// <param name="Source">The document, 2 to 200 characters.</param>
public sealed record SavingsParameter([Range(typeof(decimal), "0", "1000000000")] decimal Value, [Required, StringLength(200, MinimumLength = 2)] string Source);

/// <summary>What the departments' own rooms would have needed and cost: the parameters of a version of the method.</summary>
/// <param name="CoresPerServer">Cores of a server that a department would have bought; more than 0.</param>
/// <param name="MemoryGiBPerServer">Its memory; more than 0.</param>
/// <param name="Utilisation">At what share of a server departments used to run theirs, in thousandths, 1 to 1000.</param>
/// <param name="ServerPrice">Yuan a server.</param>
/// <param name="ServerYears">Years over which it is written off; more than 0.</param>
/// <param name="SquareMetresPerServer">Room a server takes.</param>
/// <param name="SquareMetrePrice">Yuan a square metre and year.</param>
/// <param name="KilowattsPerServer">Power a server draws, cooling included.</param>
/// <param name="KilowattHourPrice">Yuan a kilowatt hour.</param>
/// <param name="LinePrice">Yuan a network line and year.</param>
/// <param name="UpkeepShare">Upkeep of a server in a year, in thousandths of its price.</param>
public sealed record SavingsParameters(
    [Required] SavingsParameter CoresPerServer, [Required] SavingsParameter MemoryGiBPerServer, [Required] SavingsParameter Utilisation, [Required] SavingsParameter ServerPrice, [Required] SavingsParameter ServerYears,
    [Required] SavingsParameter SquareMetresPerServer, [Required] SavingsParameter SquareMetrePrice, [Required] SavingsParameter KilowattsPerServer, [Required] SavingsParameter KilowattHourPrice, [Required] SavingsParameter LinePrice,
    [Required] SavingsParameter UpkeepShare);

/// <summary>A version of the method by which savings are counted; never changed, a new one follows.</summary>
internal sealed class SavingsMethod
{
    /// <summary>From 1.</summary>
    internal required int Version { get; init; }

    /// <summary>The first year that it counts for; a later version of the same year takes its place.</summary>
    internal required int FromYear { get; init; }

    internal required SavingsParameters Parameters { get; init; }

    internal required DateTimeOffset SetAt { get; init; }

    internal required Guid SetBy { get; init; }

    /// <summary>2 to 500 characters.</summary>
    internal required string Reason { get; init; }
}

/// <summary>What a resource held over a part of a year.</summary>
/// <param name="ResourceId">The resource.</param>
/// <param name="CoreYears">Cores times years.</param>
/// <param name="MemoryGiBYears">GiB times years.</param>
/// <param name="Zone">Network that it stands in: each needs a line of its own.</param>
internal sealed record HeldInYear(Guid ResourceId, decimal CoreYears, decimal MemoryGiBYears, Model.NetworkZone Zone);

/// <summary>A figure of savings with how it came about.</summary>
/// <param name="Name">Which figure.</param>
/// <param name="Value">The figure.</param>
/// <param name="Unit">Its unit.</param>
/// <param name="Inputs">Names of figures and parameters it was counted from, each with value and source.</param>
public sealed record SavingsFigure(string Name, decimal Value, string Unit, IReadOnlyList<SavingsInput> Inputs);

/// <summary>What a figure was counted from.</summary>
/// <param name="Name">A figure, a parameter, a resource or a bill.</param>
/// <param name="Value">Its value.</param>
/// <param name="Source">The document of a parameter with the version of the method, the id of a resource or bill; empty for a figure of the same answer.</param>
public sealed record SavingsInput(string Name, decimal Value, string Source);

/// <summary>Counts savings: pure. A department would have bought whole servers, so many that the scarcer of cores and memory fits at the stated use; rooms, power and lines follow from them; what the platform charged is set against it.</summary>
internal static class SavingsCounting
{
    internal static IReadOnlyList<SavingsFigure> Of(SavingsMethod method, IReadOnlyList<HeldInYear> held, IReadOnlyList<(Guid Bill, string Number, decimal Cost)> bills, decimal partOfYear)
    {
        var p = method.Parameters;
        SavingsInput Parameter(string name, SavingsParameter of) => new(name, of.Value, $"v{method.Version}: {of.Source}");
        static SavingsInput Figure(SavingsFigure of) => new(of.Name, of.Value, "");
        var cores = new SavingsFigure("core-years", Round(held.Sum(h => h.CoreYears)), "core-year", [.. held.Select(h => new SavingsInput("resource", Round(h.CoreYears), $"resource:{h.ResourceId}"))]);
        var memory = new SavingsFigure("memory-years", Round(held.Sum(h => h.MemoryGiBYears)), "GiB-year", [.. held.Select(h => new SavingsInput("resource", Round(h.MemoryGiBYears), $"resource:{h.ResourceId}"))]);
        var use = p.Utilisation.Value / 1000;
        // Held over a part of the year, they are the mean of that part: a server is bought whole, for as long as the year has lasted.
        var need = partOfYear == 0 ? 0 : Math.Max(cores.Value / partOfYear / (p.CoresPerServer.Value * use), memory.Value / partOfYear / (p.MemoryGiBPerServer.Value * use));
        var servers = new SavingsFigure("servers", Math.Ceiling(need), "1", [Figure(cores), Figure(memory), new("part-of-year", partOfYear, ""), Parameter("cores-per-server", p.CoresPerServer), Parameter("memory-per-server", p.MemoryGiBPerServer), Parameter("utilisation", p.Utilisation)]);
        var hardware = new SavingsFigure("server-cost", Round(servers.Value * partOfYear * p.ServerPrice.Value * ((1 / p.ServerYears.Value) + (p.UpkeepShare.Value / 1000))), "CNY",
            [Figure(servers), Parameter("server-price", p.ServerPrice), Parameter("server-years", p.ServerYears), Parameter("upkeep-share", p.UpkeepShare)]);
        var room = new SavingsFigure("room", Round(servers.Value * p.SquareMetresPerServer.Value), "m2", [Figure(servers), Parameter("square-metres-per-server", p.SquareMetresPerServer)]);
        var rent = new SavingsFigure("room-cost", Round(room.Value * partOfYear * p.SquareMetrePrice.Value), "CNY", [Figure(room), Parameter("square-metre-price", p.SquareMetrePrice)]);
        var power = new SavingsFigure("power", Round(servers.Value * p.KilowattsPerServer.Value * 8760 * partOfYear), "kWh", [Figure(servers), Parameter("kilowatts-per-server", p.KilowattsPerServer)]);
        var current = new SavingsFigure("power-cost", Round(power.Value * p.KilowattHourPrice.Value), "CNY", [Figure(power), Parameter("kilowatt-hour-price", p.KilowattHourPrice)]);
        var lines = new SavingsFigure("lines", held.Select(h => h.Zone).Distinct().Count(), "1", [.. held.DistinctBy(h => h.Zone).Select(h => new SavingsInput("resource", 1, $"resource:{h.ResourceId}"))]);
        var network = new SavingsFigure("line-cost", Round(lines.Value * partOfYear * p.LinePrice.Value), "CNY", [Figure(lines), Parameter("line-price", p.LinePrice)]);
        var avoided = new SavingsFigure("avoided", hardware.Value + rent.Value + current.Value + network.Value, "CNY", [Figure(hardware), Figure(rent), Figure(current), Figure(network)]);
        var cost = new SavingsFigure("platform-cost", Round(bills.Sum(b => b.Cost)), "CNY", [.. bills.Select(b => new SavingsInput("bill", b.Cost, $"bill:{b.Number}"))]);
        return [cores, memory, servers, hardware, room, rent, power, current, lines, network, avoided, cost, new SavingsFigure("saved", avoided.Value - cost.Value, "CNY", [Figure(avoided), Figure(cost)])];
    }

    private static decimal Round(decimal value) => decimal.Round(value, 4, MidpointRounding.ToEven);
}
