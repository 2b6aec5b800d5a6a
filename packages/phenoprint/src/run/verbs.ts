/** Verbs that write a run directory. */
export type RunVerb =
  | 'train'
  | 'fine-tune'
  | 'infer'
  | 'ensemble'
  | 'assign'
  | 'submit'
  | 'explain'
  | 'evaluate'
  | 'choose'
  | 'embed'
  | 'pseudo-label'
