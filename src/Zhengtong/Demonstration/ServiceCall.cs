using System.Text;
using System.Text.Json;
using Zhengtong.Exchange.Evidence;

namespace Zhengtong.Demonstration;

/// <summary>A consumer's program asks a provider's service through the gateway, and holds the receipt of its call.</summary>
internal static class ServiceCall
{
    /// <summary>Calls once; returns the answer's members.</summary>
    /// <exception cref="OffException">The call was refused.</exception>
    internal static Task<JsonElement> AskAsync(Caller program, string agreementNumber, string creditCode, CancellationToken ct) =>
        program.GetAsync($"/services/{agreementNumber}/enterprises/{creditCode}", ct);

    /// <summary>The newest call's receipt, checked as <c>zhengtong verify receipt</c> does; null while both sides have not signed for it yet.</summary>
    /// <exception cref="OffException">It does not hold.</exception>
    internal static async Task<CallReceiptFile?> ReceiptAsync(Caller program, Guid agreement, CancellationToken ct)
    {
        var newest = (await program.GetAsync($"agreements/{agreement}/calls?limit=1", ct)).GetProperty("items").EnumerateArray().First();
        if (await program.FindBytesAsync($"calls/{newest.GetProperty("id").GetGuid()}/receipt", ct) is not { } bytes) { return null; }
        var receipt = CallReceiptFile.Parse(Encoding.UTF8.GetString(bytes)) ?? throw new OffException("the call's receipt cannot be read");
        return CallReceiptVerification.Of(receipt).FirstOrDefault(c => !c.Holds) is { } broken ? throw new OffException($"the call's receipt: {broken.Sentence}") : receipt;
    }
}
