using System.Collections.Concurrent;
using Microsoft.AspNetCore.Components;

namespace Zhengtong.Web;

/// <summary>One request's turn at its database context, which serves one query at a time.</summary>
internal sealed class Turn : IDisposable
{
    private readonly SemaphoreSlim free = new(1);

    public void Dispose() => free.Dispose();

    internal async Task TakeAsync(Func<Task> act)
    {
        await free.WaitAsync();
        try { await act(); }
        finally { free.Release(); }
    }
}

/// <summary>What every page, layout and panel is made of (<c>_Imports.razor</c>). The parts of a page start together and share the request's database context;
/// those that load something as they start do it one after the other.</summary>
public abstract class Part : ComponentBase
{
    private static readonly ConcurrentDictionary<Type, bool> Loading = new();

    [Inject]
    private Turn Turn { get; set; } = default!;

    /// <inheritdoc/>
    public override Task SetParametersAsync(ParameterView parameters)
    {
        if (!Loading.GetOrAdd(GetType(), Loads)) { return base.SetParametersAsync(parameters); }
        // The parameters are to be read now; after a wait they are gone.
        parameters.SetParameterProperties(this);
        return Turn.TakeAsync(() => base.SetParametersAsync(ParameterView.Empty));
    }

    private static bool Loads(Type part) => Array.Exists([nameof(OnInitializedAsync), nameof(OnParametersSetAsync)], method =>
        part.GetMethod(method, System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic, [])!.DeclaringType != typeof(ComponentBase));
}
