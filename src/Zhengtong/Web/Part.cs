using System.Collections.Concurrent;
using System.Reflection;
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

/// <summary>What every page, layout and panel is made of (<c>_Imports.razor</c>). The parts of a page share the request's database context: those that load something,
/// and the acts of forms, take turns at it. A part shows itself once it has loaded, not half of itself before.</summary>
public abstract class Part : ComponentBase, IHandleEvent
{
    private static readonly ConcurrentDictionary<Type, bool> Loading = new();
    private bool isInitialized;

    [Inject]
    private Turn Turn { get; set; } = default!;

    /// <inheritdoc/>
    public override Task SetParametersAsync(ParameterView parameters)
    {
        if (!Loading.GetOrAdd(GetType(), Loads)) { return base.SetParametersAsync(parameters); }
        // The parameters are to be read now; after a wait they are gone.
        parameters.SetParameterProperties(this);
        return Turn.TakeAsync(LoadAsync);
    }

    /// <summary>Does what a form asks for, then shows what came of it.</summary>
    Task IHandleEvent.HandleEventAsync(EventCallbackWorkItem item, object? arg) => Turn.TakeAsync(async () =>
    {
        await item.InvokeAsync(arg);
        StateHasChanged();
    });

    private async Task LoadAsync()
    {
        if (!isInitialized)
        {
            isInitialized = true;
            OnInitialized();
            await OnInitializedAsync();
        }

        OnParametersSet();
        await OnParametersSetAsync();
        StateHasChanged();
    }

    private static bool Loads(Type part) => Array.Exists([nameof(OnInitializedAsync), nameof(OnParametersSetAsync)], method =>
        part.GetMethod(method, BindingFlags.Instance | BindingFlags.NonPublic, [])!.DeclaringType != typeof(ComponentBase));
}
