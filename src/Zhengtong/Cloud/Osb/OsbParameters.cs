using System.Globalization;
using System.Text.Json;
using Zhengtong.Cloud.Model;
using Zhengtong.Kernel;

namespace Zhengtong.Cloud.Osb;

/// <summary>What a consumer may say about an instance beside its plan.</summary>
/// <param name="Amounts">Of what the plan leaves to choose.</param>
/// <param name="Until">The last day, in China; null when nothing was said.</param>
/// <param name="Name">What it is to be called; null when nothing was said.</param>
/// <param name="Ground">申请依据; null when nothing was said.</param>
internal sealed record OsbParameters(IReadOnlyList<ResourceAmount> Amounts, DateOnly? Until, string? Name, string? Ground)
{
    private const int MostKinds = 20;

    /// <summary>The parameters of a request's body; null, with why, when one of them cannot be.</summary>
    internal static (OsbParameters? Read, string? Fault) Of(JsonElement body)
    {
        if (!body.TryGetProperty("parameters", out var given) || given.ValueKind == JsonValueKind.Null) { return (new OsbParameters([], null, null, null), null); }
        if (given.ValueKind != JsonValueKind.Object) { return (null, Text.Of("cloud.osb.parameter", "parameters")); }
        List<ResourceAmount> amounts = [];
        DateOnly? until = null;
        foreach (var one in given.EnumerateObject())
        {
            switch (one.Name)
            {
                case "amounts" when one.Value.ValueKind == JsonValueKind.Object && one.Value.EnumerateObject().Count() <= MostKinds:
                    foreach (var amount in one.Value.EnumerateObject())
                    {
                        if (amount.Value.ValueKind != JsonValueKind.Number || !amount.Value.TryGetInt64(out var much) || much is < 1 or > ResourceAmount.Most) { return (null, Text.Of("cloud.osb.parameter", $"amounts.{Short(amount.Name)}")); }
                        amounts.Add(new ResourceAmount(amount.Name, much));
                    }

                    break;
                case "until" when one.Value.ValueKind == JsonValueKind.String && DateOnly.TryParseExact(one.Value.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day):
                    until = day;
                    break;
                case "name" or "ground" when one.Value.ValueKind == JsonValueKind.String:
                    break;
                // A parameter that is passed over would be an order other than what was asked.
                default:
                    return (null, Text.Of("cloud.osb.parameter", Short(one.Name)));
            }
        }

        return (new OsbParameters(amounts, until, given.Word("name"), given.Word("ground")), null);
    }

    private static string Short(string name) => name.Length > 40 ? name[..40] : name;
}
